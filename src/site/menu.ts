import type { BootMenu, EntryImage, MenuChoice, MenuEntry } from "../boot/menu.ts";
import { menuActions } from "../boot/menu.ts";
import { parseDuration } from "../core/units.ts";
import type { Site } from "./schema.ts";

type Section = NonNullable<Site["menu"]>;
export type Entry = Omit<Section["entries"][number], "entries"> & {
  entries?: readonly Omit<Section["entries"][number], "entries">[] | undefined;
};
type Choice = Section["choices"][string];

/** The menu of a site as the boot decision reads it; what a checked site leaves out is filled in. */
export function menuOf({ name, menu }: Site): BootMenu | undefined {
  if (menu === undefined) return undefined;
  const { title = name, timeout, screen, entries, choices } = menu;
  const timeoutMs = timeout === "never" ? undefined : parseDuration(timeout);
  const [width = 0, height = 0] = (screen ?? "").split("x").map(Number);
  return {
    title,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(menu.default === undefined ? {} : { default: menu.default }),
    ...(screen === undefined ? {} : { screen: { width, height } }),
    entries: entries.map((entry) => entryOf(entry, menu)),
    choices: new Map(Object.entries(choices).map(([key, choice]) => [key, choiceOf(key, choice)])),
  };
}

/** What an entry is called where it is not given a name. */
export function nameOf({ name, image, choice, by, do: action }: Entry): string | undefined {
  return name ?? image ?? choice ?? by ?? action;
}

function entryOf(entry: Entry, menu: Section): MenuEntry {
  const { section, key, image, images, by, commandLine, choice, do: action, entries } = entry;
  if (section !== undefined) return { kind: "section", text: section };
  const name = nameOf(entry) ?? "";
  const item = (text: string) => ({ name, text: entry.text ?? text, ...(key === undefined ? {} : { key }) });
  if (entries !== undefined) {
    return { kind: "menu", ...item(name), entries: entries.map((each) => entryOf(each, menu)) };
  }
  if (choice !== undefined) {
    return { kind: "choice", ...item(menu.choices[choice]?.title ?? choice), choice };
  }
  if (action !== undefined) return { kind: "action", ...item(menuActions[action]), action };
  const boots: EntryImage =
    images === undefined || by === undefined
      ? (image ?? "")
      : { choice: by, images: new Map(Object.entries(images)) };
  return {
    kind: "image",
    ...item(image ?? name),
    image: boots,
    ...(commandLine === undefined ? {} : { commandLine }),
  };
}

function choiceOf(name: string, { title, options, custom, default: begin }: Choice): MenuChoice {
  return {
    title: title ?? name,
    options: options.map(({ value, text }) => ({ value, text: text ?? value })),
    ...(custom === undefined
      ? {}
      : { custom: { ask: custom.ask, ...(custom.shows === undefined ? {} : { shows: custom.shows }) } }),
    default: begin ?? options[0]?.value ?? "",
  };
}

/** The image that the menu boots for whoever has none of his own, left alone. */
export function menuDefaultImage(site: Site): string | undefined {
  const menu = menuOf(site);
  const all = (entries: readonly MenuEntry[]): MenuEntry[] =>
    entries.flatMap((entry) => (entry.kind === "menu" ? [entry, ...all(entry.entries)] : [entry]));
  const found = all(menu?.entries ?? []).find(
    (entry) =>
      entry.kind !== "section" &&
      (menu?.default === undefined ? entry.kind !== "menu" : entry.name === menu.default),
  );
  if (found?.kind !== "image") return undefined;
  const { image } = found;
  return typeof image === "string" ? image : image.images.get(menu?.choices.get(image.choice)?.default ?? "");
}
