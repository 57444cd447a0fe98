import type { Layer, Path, Settings } from "../boot/settings.ts";
import type { Site } from "./schema.ts";

/** One level's settings, a group's, a rule's or a machine's alike, as the boot decision reads them. */
export function settingsOf(level: NonNullable<Site["rules"][number]["set"]>): Settings {
  const { image, boot, entry, choices, loader, dialect, console, commandLine, variables, overlay } = level;
  return {
    ...(image === undefined ? {} : { image }),
    ...(boot === undefined ? {} : { boot }),
    ...(entry === undefined ? {} : { entry }),
    ...(choices === undefined ? {} : { choices }),
    ...(loader === undefined ? {} : { loader }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(console === undefined ? {} : { console: listOf(console) }),
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(variables === undefined ? {} : { variables }),
    ...(overlay === undefined ? {} : { overlay }),
  };
}

/** One, or a list of at least one. */
export function listOf<Value>(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
}

type Groups = Site["groups"];
type Use = Site["machines"][number]["use"];

/** The settings of the groups that are used, each once, and after those that it uses itself. */
export function groupLayers(groups: Groups, use: Use, usedBy: Path): Layer[] {
  const layers: Layer[] = [];
  const seen = new Set<string>();
  const add = (name: string) => {
    const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
    if (!group || seen.has(name)) return;
    seen.add(name);
    for (const base of listOf(group.use ?? [])) add(base);
    layers.push({ path: ["groups", name], settings: settingsIn(group), usedBy });
  };
  for (const name of listOf(use ?? [])) add(name);
  return layers;
}

// One object per group, so that one that is used twice is known for the same.
const known = new WeakMap<object, Settings>();

function settingsIn(group: Groups[string]): Settings {
  const before = known.get(group);
  const settings = before ?? settingsOf(group);
  known.set(group, settings);
  return settings;
}
