import * as z from "zod";
import { bootModes } from "../../boot/lifecycle.ts";
import { dialects } from "../../dhcp/dialect.ts";
import { choiceName, commandLine, label, loaderFile, meaning, oneOrMore, template } from "./meanings.ts";

const device = meaning("a console such as ttyS0,115200", (text) =>
  /^[A-Za-z][A-Za-z0-9]*(,[A-Za-z0-9]+)?$/.test(text),
);
const variableName = meaning("a name such as mirror or ssh-key", (text) =>
  /^[a-z][a-z0-9-]{0,31}$/.test(text),
);

/** What the defaults, a group, a rule and a machine can each say. A key here needs its line in src/boot/settings.ts. */
export const settings = {
  image: label.optional().describe("What is booted, by a name in `images`."),
  boot: z
    .enum(bootModes)
    .optional()
    .describe(
      "How long the image is booted: `always`; `install-once`, until it has reported ready, and then the machine's disk; `local` boots the disk. Of machines with a name only.",
    ),
  commandLine: commandLine
    .optional()
    .describe("Words added to the kernel command line, with [variables](#variables) in braces."),
  console: oneOrMore(device.describe("One console."))
    .optional()
    .describe(
      "The kernel's consoles, instead of those that the image itself names; the last one becomes /dev/console.",
    ),
  entry: label
    .optional()
    .describe("The entry of the `menu` that is taken when nobody chooses, by its name there."),
  choices: z
    .record(choiceName, commandLine.describe("A value of it."))
    .optional()
    .describe("The value with which a choice of the `menu` begins, by the choice's name."),
  variables: z
    .record(variableName, template.describe("What `{var.NAME}` stands for."))
    .optional()
    .describe("Texts for command lines, by the name they have there: `{var.NAME}`."),
  overlay: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe(
      "A folder whose files are laid over what the image has, on machines with a name, seen from the site file's folder. Every level's is: the defaults' first, then those of groups and rules, the machine's own last; [overlays](overlays.md).",
    ),
  loader: loaderFile
    .optional()
    .describe("The loader for firmware, whatever its architecture, when it dislikes the usual one."),
  dialect: z
    .enum(dialects)
    .optional()
    .describe(
      "How a proxy tells firmware its boot file: `direct` in the offer, `redirect` on port 4011; without it, what its kind likes, and the other when that gets it nowhere.",
    ),
};

const groupName = label.describe("A name in `groups`.");
export const use = oneOrMore(groupName);

/** For whoever a more specific level says nothing about. */
export const defaults = z.strictObject(settings);

export const group = z.strictObject({
  use: use.optional().describe("Groups whose settings it has too, where it does not say otherwise."),
  ...settings,
});
