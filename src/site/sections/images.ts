import * as z from "zod";
import { commandLine } from "./meanings.ts";

export const image = z.strictObject({
  recipe: z
    .enum(["rescue", "debian-installer"])
    .describe("What is booted: `rescue` is a shell in memory, `debian-installer` Debian's own installer."),
  commandLine: commandLine
    .optional()
    .describe("Words added to the image's kernel command line, with [variables](#variables) in braces."),
  replaceCommandLine: commandLine
    .optional()
    .describe("A kernel command line instead of the image's own; what is needed to boot is added in front."),
});
