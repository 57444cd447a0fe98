import { formatPath } from "../core/place.ts";
import type { DhcpPolicy } from "../dhcp/policy.ts";
import type { BootSite } from "./boot-site.ts";
import type { Effective } from "./effective-settings.ts";
import { settingsFor, settingsOfMachine, settled } from "./effective-settings.ts";
import type { ExplainedImage } from "./explain-fetch.ts";
import { wordsOf } from "./ipxe/words.ts";
import { withoutConsoles } from "./kernel-command-line.ts";

import type { Path } from "./settings.ts";

/** A machine in the order of the site file: its index there is its index here. */
export type LintMachine = Readonly<{
  name: string;
  mac: string;
  ip?: string;
  uuid?: string;
  /** Its own, or the site's default. */
  image?: string;
  memoryBytes: number;
  /** QEMU's model, in the lab. */
  nic: string;
}>;

export type LintImage = Readonly<{
  recipe: string;
  /** What `dryboot image build` is given for it, where that is not the recipe's name. */
  build?: string;
  state: "absent" | "built" | "stale" | "damaged";
  /** What the store has; undefined when it is not built, and then its own command line is not known. */
  built?: ExplainedImage;
  /** QEMU models of network cards it has drivers for; undefined where nobody knows. */
  nics?: readonly string[];
  /** Below this it starts, and behaves otherwise. */
  comfortableBytes?: number;
  /** What its system takes beside what unpacking it takes. */
  userlandBytes?: number;
  /** It puts something on the machine's disk. */
  installs?: boolean;
}>;

/** A site and what this host has for it: all that a rule may look at. */
export type LintSite = Readonly<{
  dhcp: Omit<DhcpPolicy, "boot" | "dialect">;
  boot: BootSite;
  machines: readonly LintMachine[];
  images: ReadonlyMap<string, LintImage>;
  /** Files of this host, and all names it could serve if they were installed. */
  loaders: Readonly<{
    found: ReadonlySet<string>;
    servable: readonly string[];
    /** Those of the site that Debian's archive has. */
    fetchable?: ReadonlySet<string>;
    /** Of those found. */
    versions?: ReadonlyMap<string, string>;
    /** Names of the user's own builds of iPXE. */
    builds?: readonly string[];
  }>;
  lanes: readonly string[];
  bootTimeoutMs: number;
}>;

/** One word of a kernel command line, and the place in the site that says it. */
export type PlacedWord = Readonly<{ word: string; path: Path }>;

/** One image on one machine, or on whoever is given the default. */
export type Boot = Readonly<{
  who: string;
  path: Path;
  machine?: LintMachine;
  image: string;
  about: LintImage;
  /** Words for the booting system; what stands behind `---` is for the one it installs. */
  words: readonly PlacedWord[];
  /** The image's own words are known, or replaced. */
  complete: boolean;
}>;

/** Everything that this site can boot. */
export function bootsOf(site: LintSite): Boot[] {
  const { machines, rules = [] } = site.boot;
  const onMachines = machines.flatMap((machine, index) => {
    const settings = settingsOfMachine(machine, site.boot);
    const about = site.machines[index];
    return bootOf(site, machine.name, settings, about && { machine: about, path: ["machines", index] });
  });
  const byRules = rules.flatMap((rule) => {
    const own = settled(rule.layers);
    if (!own.image) return [];
    // As whoever meets this rule and no other.
    const { image, commandLine } = settingsFor({}, undefined, { ...site.boot, rules: [] });
    const says = { ...own, image: own.image ?? image, commandLine: [...commandLine, ...own.commandLine] };
    return bootOf(site, `whoever fits \`${formatPath(rule.path)}\``, says);
  });
  const stranger = settingsFor({}, undefined, site.boot);
  return [...onMachines, ...byRules, ...bootOf(site, "whoever the site does not name", stranger)];
}

function bootOf(
  site: LintSite,
  who: string,
  { image: given, commandLine, console }: Pick<Effective, "image" | "commandLine" | "console">,
  known?: Pick<Boot, "machine" | "path">,
): Boot[] {
  const about = given && site.images.get(given.value);
  if (!about) return [];
  const { value: image, path = [] } = given;
  const use = site.boot.images.get(image);
  const own = use?.replaceCommandLine ?? about.built?.commandLine;
  const kept = console && use?.replaceCommandLine === undefined ? withoutConsoles(own ?? "") : own;
  const lines: [string | undefined, Path][] = [
    [kept, ["images", image, use?.replaceCommandLine === undefined ? "recipe" : "replaceCommandLine"]],
    [use?.commandLine, ["images", image, "commandLine"]],
    ...commandLine.map(({ value, path }): [string, Path] => [value, path]),
    ...(console?.value ?? []).map((device): [string, Path] => [`console=${device}`, console?.path ?? []]),
  ];
  const words = lines.flatMap(([line = "", place]) =>
    booting(withChoices(line, site.boot)).map((word) => ({ word, path: place })),
  );
  const complete = own !== undefined;
  return [{ who, path: known?.path ?? path, image, about, words, complete, ...(known ?? {}) }];
}

/** A line as it is when nobody chooses anything in the menu. */
function withChoices(line: string, { menu }: BootSite): string {
  return line.replaceAll(
    /\{choice\.([a-z0-9-]+)\}/g,
    (all, name: string) => menu?.choices.get(name)?.default ?? all,
  );
}

function booting(line: string): string[] {
  const words = wordsOf(line);
  const divided = words.indexOf("---");
  return divided === -1 ? words : words.slice(0, divided);
}
