import { DrybootError } from "../core/errors.ts";
import type { BootSite } from "./boot-site.ts";
import { ownImage } from "./effective-settings.ts";
import type { Word } from "./ipxe/words.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { choiceBegins, kernelCommandLine } from "./kernel-command-line.ts";
import type { BootMenu, MenuAction, MenuChoice, MenuEntry } from "./menu.ts";
import { choiceWords } from "./menu-choices.ts";
import type { ImagePlan, ScriptPlan } from "./plan.ts";

/** A menu as one client sees it: what the script is printed from, and the preview drawn. */
export interface MenuView {
  title: string;
  timeoutMs: number | undefined;
  screen: BootMenu["screen"];
  /** The menu itself, and then its submenus. */
  pages: readonly [MenuPage, ...MenuPage[]];
  choices: readonly ChoiceView[];
  /** The label of the row that is taken when nobody chooses. */
  preselected: string | undefined;
}

export interface MenuPage {
  label: string;
  title: string;
  /** The label of the page it is reached from. */
  parent?: string;
  rows: readonly MenuRow[];
}

export type MenuRow = Readonly<
  | { row: "section"; text: string }
  /** Cannot be chosen; `reason` says why. */
  | { row: "greyed"; text: string; reason: string }
  | { row: "item"; label: string; text: string; key?: string; does: Deed }
>;

/** What choosing a row does. */
export type Deed = Readonly<
  | { do: "boot"; boots: Boots }
  | { do: "choose"; choice: ChoiceView }
  | { do: "open"; page: string }
  | { do: "act"; action: MenuAction }
  /** The entry that should be taken cannot be: what a machine does whose boot failed. */
  | { do: "give-up" }
>;

/** One image whatever is chosen, or one for each value of a choice. */
export type Boots = Readonly<
  | { one: ReadyBoot }
  | { choice: string; is: readonly Readonly<{ value: string; boot: ReadyBoot | NoBoot }>[] }
>;

export type ReadyBoot = Readonly<{ plan: ImagePlan; image: BootImage; words: readonly Word[] }>;
export type NoBoot = Readonly<{ reason: string }>;

/** A choice as it stands when the menu is first shown. */
export interface ChoiceView extends Omit<MenuChoice, "options"> {
  name: string;
  options: readonly Readonly<{ value: string; text: string; words: readonly Word[] }>[];
  /** The label of its page. */
  label: string;
  begins: Readonly<{ words: readonly Word[]; text: string; option: number | undefined }>;
}

export type MenuPlan = ScriptPlan;

const mainLabel = "menu";

/** What a client of a site with a menu is shown. An entry whose image is not in the store cannot be chosen. */
export function menuView(
  plan: MenuPlan,
  menu: BootMenu,
  site: BootSite,
  images: ReadonlyMap<string, BootImage>,
): MenuView {
  const choices = [...menu.choices].map(([name, choice]) => choiceView(name, choice, plan, site));
  const seen: Seen = { plan, site, images, choices };
  const own = ownEntry(plan, menu);
  const pages = pagesOf({ label: mainLabel, title: menu.title, entries: [...own, ...menu.entries] }, seen);
  const wanted = wantedEntry(plan, menu);
  const rows = pages.flatMap((page) => page.rows);
  const items = rows.filter((row) => row.row === "item");
  const found = items.find(({ label }) => wanted !== undefined && label === `entry.${wanted}`);
  const [main, ...more] = pages;
  const stand: MenuView = {
    title: menu.title,
    timeoutMs: menu.timeoutMs,
    screen: menu.screen,
    pages: [main, ...more],
    choices,
    preselected: (found ?? (wanted === undefined ? items[0] : undefined))?.label,
  };
  if (found || wanted === undefined || menu.timeoutMs === undefined) return stand;
  const absent: MenuRow = {
    row: "item",
    label: "entry..absent",
    text: `${wanted} cannot be booted: go on without it`,
    does: { do: "give-up" },
  };
  return { ...stand, pages: [{ ...main, rows: [...main.rows, absent] }, ...more], preselected: absent.label };
}

type Seen = Readonly<{
  plan: MenuPlan;
  site: BootSite;
  images: ReadonlyMap<string, BootImage>;
  choices: readonly ChoiceView[];
}>;

/** A machine's own image that no entry names comes first: it is what the machine is there for. */
function ownEntry(plan: MenuPlan, { entries }: BootMenu): MenuEntry[] {
  const image = ownImage(plan.settings);
  if (image === undefined || entryOf(image, entries) !== undefined) return [];
  const who = plan.machine?.name ?? plan.client.mac;
  return [{ kind: "image", name: `.${image}`, text: `${image}, which ${who} boots`, image }];
}

/** The entry that is taken when nobody chooses: the machine's own, else the site's. */
function wantedEntry(plan: MenuPlan, menu: BootMenu): string | undefined {
  const { image, settings } = plan;
  if (settings.entry) return settings.entry.value;
  const own = ownImage(settings);
  if (own !== undefined) return entryOf(own, menu.entries) ?? `.${own}`;
  return menu.default ?? (image === undefined ? undefined : entryOf(image, menu.entries));
}

/** The name of the first entry that always boots this image. */
function entryOf(image: string, entries: readonly MenuEntry[]): string | undefined {
  for (const entry of entries) {
    if (entry.kind === "image" && entry.image === image) return entry.name;
    const inside = entry.kind === "menu" ? entryOf(image, entry.entries) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}

interface OpenPage {
  label: string;
  title: string;
  parent?: string;
  entries: readonly MenuEntry[];
}

function pagesOf({ entries, ...page }: OpenPage, seen: Seen): [MenuPage, ...MenuPage[]] {
  const below = entries.flatMap((entry) =>
    entry.kind === "menu"
      ? pagesOf(
          { label: `menu.${entry.name}`, title: entry.text, parent: page.label, entries: entry.entries },
          seen,
        )
      : [],
  );
  return [{ ...page, rows: entries.map((entry) => rowOf(entry, seen)) }, ...below];
}

function rowOf(entry: MenuEntry, seen: Seen): MenuRow {
  if (entry.kind === "section") return { row: "section", text: entry.text };
  const { text, key } = entry;
  const does = deedOf(entry, seen);
  if ("reason" in does) return { row: "greyed", text, reason: does.reason };
  return { row: "item", label: `entry.${entry.name}`, text, ...(key === undefined ? {} : { key }), does };
}

function deedOf(entry: Exclude<MenuEntry, { kind: "section" }>, seen: Seen): Deed | NoBoot {
  switch (entry.kind) {
    case "menu":
      return { do: "open", page: `menu.${entry.name}` };
    case "action":
      return { do: "act", action: entry.action };
    case "choice": {
      const choice = seen.choices.find(({ name }) => name === entry.choice);
      return choice ? { do: "choose", choice } : { reason: `the site has no choice ${entry.choice}` };
    }
    case "image":
      return bootDeed(entry, seen);
  }
}

function bootDeed(entry: Extract<MenuEntry, { kind: "image" }>, seen: Seen): Deed | NoBoot {
  if (typeof entry.image === "string") {
    const one = bootOf(entry.image, entry.commandLine, seen);
    return "reason" in one ? one : { do: "boot", boots: { one } };
  }
  const { choice } = entry.image;
  const is = [...entry.image.images].map(([value, image]) => ({
    value,
    boot: bootOf(image, entry.commandLine, seen),
  }));
  const [first, ...others] = is.map(({ boot }) => ("reason" in boot ? boot.reason : undefined));
  // As long as one of them is there, the entry can be chosen, and says what it lacks when it is.
  if (first !== undefined && others.every((reason) => reason !== undefined)) return { reason: first };
  return { do: "boot", boots: { choice, is } };
}

function bootOf(name: string, commandLine: string | undefined, seen: Seen): ReadyBoot | NoBoot {
  const image = seen.images.get(name);
  if (image === undefined) return { reason: `image ${name} is not in the store` };
  const plan: ImagePlan = {
    ...seen.plan,
    image: name,
    ...(commandLine === undefined ? {} : { entryCommandLine: commandLine }),
  };
  try {
    return { plan, image, words: kernelCommandLine(plan, image, seen.site) };
  } catch (error) {
    // One image that cannot be booted is no reason not to show the others.
    if (error instanceof DrybootError) return { reason: error.message };
    throw error;
  }
}

function choiceView(name: string, choice: MenuChoice, plan: MenuPlan, site: BootSite): ChoiceView {
  const wanted = choiceBegins(name, choice, plan);
  const option = choice.options.findIndex(({ value }) => value === wanted);
  return {
    ...choice,
    name,
    options: choice.options.map((each) => ({ ...each, words: choiceWords(each.value, plan, site) })),
    label: `choice.${name}`,
    begins: {
      words: choiceWords(wanted, plan, site),
      text: choice.options[option]?.text ?? choice.custom?.shows ?? wanted,
      option: option === -1 ? undefined : option,
    },
  };
}
