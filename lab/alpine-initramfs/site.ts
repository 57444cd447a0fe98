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
    // To be deployed one after the other on node3; the last one has no first process.
    "os-318": alpineInitramfs({ branch: "v3.18" }),
    "os-319": alpineInitramfs({ branch: "v3.19" }),
    "os-320": alpineInitramfs({ branch: "v3.20" }),
    "os-broken": alpineInitramfs({ branch: "v3.20", setup: "broken.sh" }),
  },
  machines: [
    {
      ...{ name: "node1", mac: "52:54:00:69:0a:0a", ip: "10.69.0.10", image: "node" },
      disks: [{ size: "64M" }],
    },
    { name: "node2", mac: "52:54:00:69:0a:0b", ip: "10.69.0.11", image: "small", memory: "256M" },
    { name: "node3", mac: "52:54:00:69:0a:0c", ip: "10.69.0.12", image: "os-318", memory: "256M" },
  ],
});
