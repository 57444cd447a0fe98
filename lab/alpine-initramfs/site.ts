// Alpine all in its initramfs: two files over the network, and then nothing more. What must last is on a disk, by its UUID.
import { alpineInitramfs, defineSite } from "../../src/site/define.ts";

export default defineSite({
  name: "alpine-initramfs",
  network: { domain: "lab.internal" },
  images: {
    node: alpineInitramfs({
      branch: "v3.19",
      packages: ["openssh-server", "e2fsprogs", "doas"],
      services: ["data", "sshd"],
      skeleton: "skeleton",
      setup: "setup.sh",
      owners: { "/home/keeper": "keeper:keeper" },
    }),
    // No packages: the minirootfs alone, which busybox init starts.
    small: alpineInitramfs({ branch: "v3.20" }),
  },
  machines: [
    {
      ...{ name: "node1", mac: "52:54:00:69:0a:0a", ip: "10.69.0.10", image: "node" },
      disks: [{ size: "64M" }],
    },
    { name: "node2", mac: "52:54:00:69:0a:0b", ip: "10.69.0.11", image: "small", memory: "256M" },
  ],
});
