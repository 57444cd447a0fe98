import type { DhcpPolicy } from "../dhcp/policy.ts";
import type { BootSite } from "./boot-site.ts";
import type { ExplainedImage } from "./explain-fetch.ts";
import { wordsOf } from "./ipxe/words.ts";

/** A machine in the order of the site file: its index there is its index here. */
export type LintMachine = Readonly<{
  name: string;
  mac: string;
  ip?: string;
  uuid?: string;
  /** Its own, or the site's default. */
  image?: string;
  commandLine?: string;
  loader?: string;
  memoryBytes: number;
  /** QEMU's model, in the lab. */
  nic: string;
}>;

export type LintImage = Readonly<{
  recipe: string;
  state: "absent" | "built" | "stale" | "damaged";
  /** What the store has; undefined when it is not built, and then its own command line is not known. */
  built?: ExplainedImage;
  /** QEMU models of network cards it has drivers for; undefined where nobody knows. */
  nics?: readonly string[];
  /** Below this it starts, and behaves otherwise. */
  comfortableBytes?: number;
  /** It puts something on the machine's disk. */
  installs?: boolean;
}>;

/** A site and what this host has for it: all that a rule may look at. */
export type LintSite = Readonly<{
  dhcp: Omit<DhcpPolicy, "boot">;
  boot: BootSite;
  machines: readonly LintMachine[];
  images: ReadonlyMap<string, LintImage>;
  /** Files of this host, and all names it could serve if they were installed. */
  loaders: Readonly<{ found: ReadonlySet<string>; servable: readonly string[] }>;
  lanes: readonly string[];
  bootTimeoutMs: number;
}>;

export type Path = readonly PropertyKey[];

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
  const { defaultImage } = site.boot;
  const onMachines = site.machines.flatMap((machine, index) =>
    machine.image === undefined
      ? []
      : bootOf(site, machine.name, machine.image, ["machines", index], machine),
  );
  const byDefault =
    defaultImage === undefined
      ? []
      : bootOf(site, "whoever the site does not name", defaultImage, ["defaultImage"]);
  return [...onMachines, ...byDefault];
}

function bootOf(site: LintSite, who: string, image: string, path: Path, machine?: LintMachine): Boot[] {
  const about = site.images.get(image);
  if (!about) return [];
  const use = site.boot.images.get(image);
  const own = use?.replaceCommandLine ?? about.built?.commandLine;
  const lines: [string | undefined, Path][] = [
    [own, ["images", image, use?.replaceCommandLine === undefined ? "recipe" : "replaceCommandLine"]],
    [use?.commandLine, ["images", image, "commandLine"]],
    [machine?.commandLine, [...path, "commandLine"]],
  ];
  const words = lines.flatMap(([line = "", place]) => booting(line).map((word) => ({ word, path: place })));
  return [{ who, path, image, about, words, complete: own !== undefined, ...(machine ? { machine } : {}) }];
}

function booting(line: string): string[] {
  const words = wordsOf(line);
  const divided = words.indexOf("---");
  return divided === -1 ? words : words.slice(0, divided);
}
