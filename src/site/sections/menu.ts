import * as z from "zod";
import { menuActions } from "../../boot/menu.ts";
import { choiceName, commandLine, duration, label, meaning, orShort } from "./meanings.ts";

const actions = Object.keys(menuActions) as [keyof typeof menuActions];
const text = meaning(
  "text of printable ASCII characters, at most 70",
  (given) => /^[\x20-\x7e]{1,70}$/.test(given) && !given.includes("${"),
);
const key = meaning("one key: a lower-case letter or a digit", (given) => /^[a-z0-9]$/.test(given));
const value = commandLine;

const option = orShort(
  value,
  z.strictObject({
    value: value.describe("What command lines hold for it; [variables](#variables) in braces."),
    text: text.optional().describe("What is shown for it; without it, the value."),
  }),
  (given) => ({ value: given }),
);

const choice = z.strictObject({
  title: text.optional().describe("What stands above its values; without it, its name."),
  options: z
    .array(option.describe("One value; a text alone is the value itself."))
    .default([])
    .describe("Values to choose from."),
  custom: z
    .strictObject({
      ask: text.describe("What is asked for."),
      shows: text.optional().describe("What the menu shows then; without it, what was typed."),
    })
    .optional()
    .describe("Whether a person may type a value of his own."),
  default: value.optional().describe("The value it begins with; without it, the first of `options`."),
});

const item = {
  name: label
    .optional()
    .describe("What `menu.default` calls it; without it, the image, the choice or the action it is about."),
  text: text.optional().describe("What is shown; without it, what it is about."),
  key: key.optional().describe("The key that takes it at once."),
  image: label.optional().describe("Boots this image."),
  images: z
    .record(z.string(), label.describe("An image."))
    .optional()
    .describe("Boots one of these, by the value of the choice that `by` names."),
  by: choiceName.optional().describe("The choice that picks one of `images`, by a name in `menu.choices`."),
  commandLine: commandLine.optional().describe("Words added to the kernel command line of its image."),
  choice: choiceName.optional().describe("Lets a person set this choice, by a name in `menu.choices`."),
  do: z.enum(actions).optional().describe("Does this instead of booting an image."),
  section: text.optional().describe("A heading, which nobody can choose. It stands alone."),
};

/** A word alone is what an entry is about: one of the things a menu can do, else an image. */
const inShort = (given: string) => (isAction(given) ? { do: given } : { image: given });
const isAction = (given: string): given is keyof typeof menuActions => Object.hasOwn(menuActions, given);

const submenuEntry = orShort(label, z.strictObject(item), inShort);
const wholeEntry = z.strictObject({
  ...item,
  entries: z
    .array(submenuEntry.describe("One entry of the submenu."))
    .optional()
    .describe("Opens a submenu with these, each as an entry of the menu; `name` and `text` are its own."),
});
const entry = orShort(label, wholeEntry, inShort);

export const menu = z.strictObject({
  title: text.optional().describe("What stands above it; without it, the site's name."),
  timeout: z
    .union([z.literal("never"), duration(1000, "a duration from 1s to 24d, such as 5s")])
    .default("5s")
    .describe("After this long without a key the default entry is taken; `never` waits for a person."),
  default: label
    .optional()
    .describe(
      "The `name` of the entry that is taken by itself; a machine with an `image` of its own takes that; without either, the first that can be chosen.",
    ),
  screen: meaning("a size such as 1024x768", (given) => /^[1-9]\d{2,3}x[1-9]\d{2,3}$/.test(given))
    .optional()
    .describe(
      "The screen's size in pixels, where iPXE can set it (not 1.0.0); without it, it stays as it is.",
    ),
  entries: z
    .array(
      entry.describe(
        "One entry: it says one of `image`, `images`, `choice`, `do`, `entries` and `section`. A word alone is what it does, such as `shell`, else its image.",
      ),
    )
    .min(1)
    .describe("The lines of the menu."),
  choices: z
    .record(choiceName, choice.describe("One choice."))
    .default({})
    .describe("What a person can set before booting; command lines hold it as `{choice.NAME}`."),
});

export type MenuSection = z.infer<typeof menu>;
