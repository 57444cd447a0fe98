import * as z from "zod";
import { commandLine } from "./meanings.ts";

/** What every image may say besides how it is made. */
const common = {
  commandLine: commandLine
    .optional()
    .describe("Words added to the image's kernel command line, with [variables](#variables) in braces."),
  replaceCommandLine: commandLine
    .optional()
    .describe("A kernel command line instead of the image's own; what is needed to boot is added in front."),
};

const plain = z.strictObject({
  recipe: z
    .enum(["rescue", "rescue-arm64", "debian-installer", "memtest", "memtest-efi"])
    .describe(
      "What is booted: `rescue` is a shell in memory, `rescue-arm64` the same for 64-bit ARM, `debian-installer` Debian's own installer, `memtest` a test of the memory on BIOS, `memtest-efi` the same on UEFI.",
    ),
  ...common,
});

/** One variant for each kind of image: src/images/recipes.ts has its recipe. */
export const image = z.discriminatedUnion("recipe", [plain]);
