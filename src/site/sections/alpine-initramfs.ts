import * as z from "zod";
import { minirootfsBranches } from "../../images/alpine/minirootfs.ts";
import { meaning } from "./meanings.ts";

const packageName = meaning("a package as in /etc/apk/world, such as openssh or nginx>1.24", (text) =>
  /^[a-z0-9][A-Za-z0-9_.+-]*([<>=~]{1,2}[A-Za-z0-9_.+-]+)?$/.test(text),
);
const serviceName = meaning("a name such as sshd", (text) => /^[A-Za-z0-9][A-Za-z0-9_.+-]*$/.test(text));
const moduleName = meaning("a name such as nfs", (text) => /^[a-z0-9][a-z0-9_-]*$/.test(text));
const owner = meaning("USER:GROUP", (text) => /^[a-z0-9_][a-z0-9_-]*:[a-z0-9_][a-z0-9_-]*$/.test(text));
const filePath = z.string().min(1).max(4096);

/** What a site chooses of an Alpine that is all in its initramfs. */
export const alpineInitramfsOptions = {
  branch: z.enum(minirootfsBranches).describe("Its release branch, and the mirror's folder."),
  packages: z
    .array(packageName.describe("One package."))
    .max(500)
    .default([])
    .describe(
      "What is installed besides `alpine-base`; without any, the image is Alpine's minirootfs alone.",
    ),
  repositories: z
    .array(z.enum(["main", "community"]).describe("A folder of the branch."))
    .min(1)
    .default(["main"])
    .describe("Where packages are looked for."),
  services: z
    .array(serviceName.describe("One service."))
    .max(100)
    .default([])
    .describe("OpenRC services to start besides those that every machine needs."),
  modules: z
    .array(moduleName.describe("One module."))
    .max(200)
    .default([])
    .describe("Modules of the kernel besides the drivers for QEMU's network cards and disks."),
  skeleton: filePath
    .optional()
    .describe("A folder whose files are put over those of the packages, by its path from the site file."),
  setup: filePath
    .optional()
    .describe("A script that is run at the end, inside the image, by its path from the site file."),
  owners: z
    .record(filePath.describe("A path in the image."), owner.describe("Whose it is."))
    .default({})
    .describe("What of your own files belongs to others than root, with all below it."),
  microcode: z
    .strictObject({
      intel: filePath.optional().describe("Intel's: a file, or a folder such as `intel-ucode`."),
      amd: filePath.optional().describe("AMD's: a file, or a folder such as `amd-ucode`."),
    })
    .optional()
    .describe("Microcode that the kernel loads before all else, by its path from the site file."),
};
