import * as z from "zod";
import { dialects } from "../../dhcp/dialect.ts";
import { address, commandLine, label, loaderFile, mac, memory, uuid } from "./meanings.ts";

export const machine = z.strictObject({
  name: label.describe("The machine's name, and the host name it is given."),
  mac: mac.describe("The MAC address of the network card it boots from."),
  ip: address.optional().describe("The address reserved for it; without it, one of `dhcp.range`."),
  image: label.optional().describe("What it boots, by a name in `images`; without it, `defaultImage`."),
  commandLine: commandLine.optional().describe("Words added to the kernel command line on this machine."),
  loader: loaderFile
    .optional()
    .describe("The loader for this machine's firmware, when it dislikes the usual one."),
  dialect: z
    .enum(dialects)
    .optional()
    .describe(
      "How a proxy tells this machine's firmware its boot file: `direct` in the offer, `redirect` on port 4011; without it, what its kind likes, and the other when that gets it nowhere.",
    ),
  uuid: uuid.optional().describe("Its SMBIOS UUID: names it too, should its network card be changed."),
  memory: memory.default("512M").describe("Memory of the virtual machine that stands in for it in the lab."),
  nic: z
    .enum(["virtio-net-pci", "e1000", "e1000e", "rtl8139", "vmxnet3"])
    .default("virtio-net-pci")
    .describe("Network card of that virtual machine. The rescue image has a driver for virtio-net-pci only."),
});
