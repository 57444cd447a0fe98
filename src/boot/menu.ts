/** A site's boot menu: what it offers, before it is known to whom and what of it is in the store. */
export interface BootMenu {
  title: string;
  /** After this long the preselected entry is taken; never, where it is absent. */
  timeoutMs?: number;
  /** The name of the entry that is preselected for whoever has none of his own. */
  default?: string;
  /** Pixels of the screen, where iPXE can set them. */
  screen?: Readonly<{ width: number; height: number }>;
  entries: readonly MenuEntry[];
  choices: ReadonlyMap<string, MenuChoice>;
}

/** One line of the menu. `name` is unique in the menu with all its submenus. */
export type MenuEntry = Readonly<
  | { kind: "section"; text: string }
  | (MenuItem & { kind: "image"; image: EntryImage; commandLine?: string })
  | (MenuItem & { kind: "choice"; choice: string })
  | (MenuItem & { kind: "menu"; entries: readonly MenuEntry[] })
  | (MenuItem & { kind: "action"; action: MenuAction })
>;

export type MenuItem = Readonly<{ name: string; text: string; key?: string }>;

/** One image, or one per value of a choice. */
export type EntryImage = string | Readonly<{ choice: string; images: ReadonlyMap<string, string> }>;

/** What an entry does that boots no image of ours, and how it is called. */
export const menuActions = {
  local: "Boot from the disk",
  url: "Boot by address (URL)",
  shell: "iPXE's shell",
  debug: "What is wrong: network card and ways out",
  reboot: "Restart",
  poweroff: "Switch off",
  exit: "Go on to the firmware's next boot device",
} as const;

export type MenuAction = keyof typeof menuActions;

/** What a person sets before booting: command lines hold it as `{choice.NAME}`. */
export interface MenuChoice {
  title: string;
  /** Templates, each with what is shown for it. */
  options: readonly Readonly<{ value: string; text: string }>[];
  /** May be typed too. `shows` stands for what was typed, where that would be too long for a line. */
  custom?: Readonly<{ ask: string; shows?: string }>;
  /** The value it begins with. */
  default: string;
}

/** Every image that a menu can boot. */
export function menuImages(menu: BootMenu | undefined): string[] {
  const named = (entries: readonly MenuEntry[]): string[] =>
    entries.flatMap((entry) => {
      if (entry.kind === "menu") return named(entry.entries);
      if (entry.kind !== "image") return [];
      return typeof entry.image === "string" ? [entry.image] : [...entry.image.images.values()];
    });
  return [...new Set(named(menu?.entries ?? []))];
}
