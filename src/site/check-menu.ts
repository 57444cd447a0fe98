import { wordsOf } from "../boot/ipxe/words.ts";
import { suggest } from "../core/nearest.ts";
import type { Level } from "./levels.ts";
import { levelsOf } from "./levels.ts";
import type { Entry } from "./menu.ts";
import { nameOf } from "./menu.ts";
import type { Mistake } from "./mistake.ts";
import type { Site } from "./schema.ts";

type Place = readonly PropertyKey[];
type Section = NonNullable<Site["menu"]>;
type Placed = Readonly<{ entry: Entry; path: Place }>;

/** Whether a menu's parts fit each other and the site. */
export function checkMenu(site: Site): Mistake[] {
  const { menu, images } = site;
  if (menu === undefined) return levelsOf(site).flatMap(([path, level]) => checkMenuless(path, level));
  const top = placed(menu.entries, ["menu", "entries"]);
  const pages = [top, ...top.map(({ entry, path }) => placed(entry.entries ?? [], [...path, "entries"]))];
  const all = pages.flat();
  const names = Object.keys(images);
  return [
    ...all.flatMap(checkOneMeaning),
    ...all.flatMap(({ entry, path }) => checkNames(entry, path, names, menu)),
    ...all.flatMap((each) => checkByChoice(each, menu)),
    ...pages.flatMap((page) => checkTwice(page, "key", ({ key }) => key)),
    ...checkTwice(all, "name", (entry) => (entry.section === undefined ? nameOf(entry) : undefined)),
    ...checkEntryName(["menu", "default"], menu.default, all),
    ...Object.entries(menu.choices).flatMap(checkChoice),
    ...levelsOf(site).flatMap(([path, level]) => checkLevel(path, level, all, menu)),
  ];
}

/** What a level says about a menu, where there is none. */
function checkMenuless(path: Place, level: Level): Mistake[] {
  const said = (["entry", "choices"] as const).filter((key) => level[key] !== undefined);
  return said.map((key) => ({ path: [...path, key], says: "is about a `menu`, and the site has none" }));
}

/** Whether the entry that a level names is there, and whether the values that it gives can be chosen. */
function checkLevel(path: Place, level: Level, all: readonly Placed[], menu: Section): Mistake[] {
  const choices = Object.entries(level.choices ?? {}).flatMap(([name, value]): Mistake[] => {
    const at = [...path, "choices", name];
    const choice = Object.hasOwn(menu.choices, name) ? menu.choices[name] : undefined;
    if (choice === undefined) {
      const says = "is no choice of the menu";
      return [{ path: at, says, hint: suggest(name, Object.keys(menu.choices)) }];
    }
    const values = choice.options.map((option) => option.value);
    if (choice.custom !== undefined || values.includes(value)) return [];
    return [{ path: at, says: `is "${value}", which is none of its options`, hint: suggest(value, values) }];
  });
  return [...checkEntryName([...path, "entry"], level.entry, all), ...choices];
}

/** What a menu's entries add to command lines, each with its place. */
export function menuCommandLines(menu: Site["menu"]): [Place, string | undefined][] {
  const top = placed(menu?.entries ?? [], ["menu", "entries"]);
  const below = top.flatMap(({ entry, path }) => placed(entry.entries ?? [], [...path, "entries"]));
  return [...top, ...below].map(({ entry, path }) => [[...path, "commandLine"], entry.commandLine]);
}

/** What a menu's choices put into command lines, each with its place. */
export function menuValues(menu: Site["menu"]): [Place, string | undefined][] {
  return Object.entries(menu?.choices ?? {}).flatMap(([name, { options, default: begin }]) => {
    const at = ["menu", "choices", name];
    return [
      ...options.map(({ value }, index): [Place, string] => [[...at, "options", index, "value"], value]),
      [[...at, "default"], begin],
    ] satisfies [Place, string | undefined][];
  });
}

const placed = (entries: readonly Entry[], at: Place): Placed[] =>
  entries.map((entry, index) => ({ entry, path: [...at, index] }));

const meanings = ["image", "images", "choice", "do", "entries", "section"] as const;

function checkOneMeaning({ entry, path }: Placed): Mistake[] {
  const said = meanings.filter((key) => entry[key] !== undefined);
  const all = meanings.map((key) => `\`${key}\``).join(", ");
  if (said.length !== 1) {
    const says =
      said.length === 0
        ? `says none of ${all}: expected one`
        : `says ${said.map((key) => `\`${key}\``).join(" and ")}: expected one of ${all}`;
    return [{ path, says }];
  }
  const wrong = (key: keyof Entry, only: string): Mistake[] =>
    entry[key] === undefined ? [] : [{ path: [...path, key], says: `stands in an entry without ${only}` }];
  return [
    ...(entry.image === undefined && entry.images === undefined ? wrong("commandLine", "an image") : []),
    ...(entry.images === undefined ? wrong("by", "`images`") : []),
    ...(entry.section === undefined
      ? []
      : [...wrong("key", "anything to choose"), ...wrong("text", "anything to choose")]),
    ...(entry.entries !== undefined && entry.name === undefined
      ? [{ path, says: "opens a submenu and has no `name`" }]
      : []),
    ...(entry.images !== undefined && entry.by === undefined
      ? [{ path, says: "has `images` and no `by`, which says what picks one of them" }]
      : []),
  ];
}

function checkNames(entry: Entry, path: Place, images: readonly string[], { choices }: Section): Mistake[] {
  const known = (at: Place, name: string | undefined, names: readonly string[], where: string): Mistake[] =>
    name === undefined || names.includes(name)
      ? []
      : [
          {
            path: at,
            says: `is "${name}": there is no such name in \`${where}\``,
            hint: suggest(name, names),
          },
        ];
  return [
    ...known([...path, "image"], entry.image, images, "images"),
    ...Object.entries(entry.images ?? {}).flatMap(([value, image]) =>
      known([...path, "images", value], image, images, "images"),
    ),
    ...known([...path, "choice"], entry.choice, Object.keys(choices), "menu.choices"),
    ...known([...path, "by"], entry.by, Object.keys(choices), "menu.choices"),
  ];
}

/** A value without an image would be chosen for nothing, and an image without a value never. */
function checkByChoice({ entry: { images, by }, path }: Placed, { choices }: Section): Mistake[] {
  const choice = by === undefined || !Object.hasOwn(choices, by) ? undefined : choices[by];
  if (images === undefined || choice === undefined) return [];
  const values = choice.options.map(({ value }) => value);
  const at = [...path, "images"];
  const missing = values.filter((value) => !Object.hasOwn(images, value));
  const extra = Object.keys(images).filter((value) => !values.includes(value));
  return [
    ...missing.map((value) => ({ path: at, says: `has no image for the value "${value}" of \`${by}\`` })),
    ...extra.map((value) => ({
      path: [...at, value],
      says: `is for no value of \`${by}\``,
      hint: suggest(value, values),
    })),
    ...(choice.custom === undefined
      ? []
      : [{ path: [...path, "by"], says: `is "${by}", which may be typed: there is no image for that` }]),
    ...values
      .filter((value) => wordsOf(value).length !== 1 || /[{}]/.test(value))
      .map((value) => ({
        path: [...path, "by"],
        says: `is "${by}", whose value "${value}" is not one plain word`,
      })),
  ];
}

function checkTwice(
  page: readonly Placed[],
  what: "key" | "name",
  read: (entry: Entry) => string | undefined,
): Mistake[] {
  const owners = new Map<string, Entry>();
  return page.flatMap(({ entry, path }): Mistake[] => {
    const value = read(entry);
    const owner = value === undefined ? undefined : owners.get(value);
    if (value !== undefined && !owner) owners.set(value, entry);
    if (!owner) return [];
    if (what === "key")
      return [{ path: [...path, "key"], says: `is "${value}", and so is that of ${nameOf(owner)}` }];
    const hint = "give one of them a `name` of its own";
    return [{ path, says: `is called "${value}", and so is an entry before it`, hint }];
  });
}

function checkEntryName(path: Place, wanted: string | undefined, all: readonly Placed[]): Mistake[] {
  if (wanted === undefined) return [];
  const names = all.flatMap(({ entry }) => (entry.section === undefined ? (nameOf(entry) ?? []) : []));
  if (names.includes(wanted)) return [];
  return [{ path, says: `is "${wanted}": no entry has that name`, hint: suggest(wanted, names) }];
}

function checkChoice([name, choice]: [string, Section["choices"][string]]): Mistake[] {
  const path = ["menu", "choices", name];
  const { options, custom, default: begin } = choice;
  if (options.length === 0 && custom === undefined) {
    return [{ path, says: "offers nothing: expected `options`, `custom` or both" }];
  }
  const values = options.map(({ value }) => value);
  const twice = values.filter((value, index) => values.indexOf(value) !== index);
  return [
    ...twice.map((value) => ({ path: [...path, "options"], says: `has "${value}" twice` })),
    ...(begin === undefined || custom !== undefined || values.includes(begin)
      ? []
      : [
          {
            path: [...path, "default"],
            says: `is "${begin}", which is none of its options`,
            hint: suggest(begin, values),
          },
        ]),
    ...(begin === undefined && options.length === 0
      ? [{ path, says: "has no `options`, and no `default`" }]
      : []),
  ];
}
