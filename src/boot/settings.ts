import type { Dialect } from "../dhcp/dialect.ts";
import type { Conditions } from "./conditions.ts";
import type { BootMode } from "./lifecycle.ts";

/** A place in a site file: `["rules", 0, "set", "image"]`. */
export type Path = readonly PropertyKey[];

/**
 * What every level of a site can say about a boot: the site's defaults, groups, rules and machines. Of most settings the
 * most specific level's counts; command lines are joined, and texts are taken one by one.
 */
export interface Settings {
  /** How long the image is booted. */
  boot?: BootMode;
  image?: string;
  /** Given to firmware whatever its architecture: some dislikes the usual one. */
  loader?: string;
  /** How a proxy tells firmware its boot file. */
  dialect?: Dialect;
  /** The last one is /dev/console. */
  console?: readonly string[];
  /** Added to the image's command line. */
  commandLine?: string;
  /** The entry of the menu that is taken when nobody chooses. */
  entry?: string;
  /** Values with which the menu's choices begin. */
  choices?: Readonly<Record<string, string>>;
  /** Texts for `{var.NAME}` in command lines. */
  variables?: Readonly<Record<string, string>>;
  /** A folder whose files are laid over what the image has, and over those of less specific levels. */
  overlay?: string;
}

/** The settings of which one level's word replaces that of the levels below it. */
export const singleSettings = [
  "image",
  "boot",
  "entry",
  "loader",
  "dialect",
  "console",
] as const satisfies (keyof Settings)[];
export type SingleSetting = (typeof singleSettings)[number];

/** These are answered by DHCP, which knows less of a client than a script does. */
export const settingsOfDhcp: readonly SingleSetting[] = ["loader", "dialect"];

/** The settings that stand at one place of the site file. */
export type Layer = Readonly<{
  /** Where they stand: each is one key below. */
  path: Path;
  settings: Settings;
  /** Who uses them, when it is a group's: a rule, a machine or another group. */
  usedBy?: Path;
}>;

/** Settings for the clients that meet all conditions. */
export type SiteRule = Readonly<{
  path: Path;
  when: Conditions;
  /** The groups it uses and then its own. */
  layers: readonly Layer[];
}>;

/** A setting, and where it stands. */
export type Given<T> = Readonly<{ value: T; path: Path; usedBy?: Path }>;
