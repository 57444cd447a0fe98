import * as z from "zod";
import { address, diskSize, label, mac, meaning, memory, uuid } from "./meanings.ts";
import { settings, use } from "./settings.ts";

const text = meaning("a text of up to 64 printable characters", (value) => /^[\x20-\x7e]{1,64}$/.test(value));

const smbios = z.strictObject({
  manufacturer: text.default("dryboot").describe("The manufacturer."),
  product: text.default("lab").describe("The product name."),
  serial: text.optional().describe("The serial number; without one, the machine's name."),
  asset: text.optional().describe("The asset tag; without one, it has none."),
});

const disk = z
  .strictObject({
    size: diskSize.optional().describe("The size of an empty disk."),
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        "A raw or qcow2 image that it begins as, by its path from the site file; the file is only read.",
      ),
  })
  .refine(({ size, file }) => (size === undefined) !== (file === undefined), {
    error: "expected either `size` or `file`",
  });

export const machine = z.strictObject({
  name: label.describe("The machine's name, and the host name it is given."),
  mac: mac.describe("The MAC address of the network card it boots from."),
  ip: address.optional().describe("The address reserved for it; without it, one of `dhcp.range`."),
  use: use.optional().describe("Groups whose settings it has; what stands here itself counts more."),
  ...settings,
  uuid: uuid.optional().describe("Its SMBIOS UUID: names it too, should its network card be changed."),
  smbios: smbios
    .prefault({})
    .describe("What the firmware of the virtual machine that stands in for it in the lab says of itself."),
  memory: memory.default("512M").describe("Memory of the virtual machine that stands in for it in the lab."),
  nic: z
    .enum(["virtio-net-pci", "e1000", "e1000e", "rtl8139", "vmxnet3"])
    .default("virtio-net-pci")
    .describe("Network card of that virtual machine. The rescue image has a driver for virtio-net-pci only."),
  disks: z
    .array(disk.describe("One disk."))
    .max(4)
    .default([])
    .describe(
      "Disks of that virtual machine (virtio-blk), tried after the network. They begin anew with each run, and stay in its folder.",
    ),
});
