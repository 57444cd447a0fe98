// Two machines on one network: one has its own address and words for its kernel, the other takes what there is.
import { defineSite, rescue } from "../../src/site/define.ts";

export default defineSite({
  name: "two-machines",
  network: { domain: "lab.internal" },
  dhcp: { range: ["10.69.0.100", "10.69.0.200"] },
  images: { rescue: rescue() },
  defaultImage: "rescue",
  machines: [
    {
      ...{ name: "left", mac: "52:54:00:69:02:0a", ip: "10.69.0.10" },
      commandLine: "dryboot.role=left",
      disks: [{ size: "64M" }],
    },
    { name: "right", mac: "52:54:00:69:02:0b" },
  ],
});
