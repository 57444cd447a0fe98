/** How long a machine boots its image: each time; until it reported ready once, and then its disk; or never. */
export const bootModes = ["always", "install-once", "local"] as const;
export type BootMode = (typeof bootModes)[number];

/** What somebody decided for one machine, over what the site says; without an image, the site's. */
export type Assignment = Readonly<{ mode: BootMode; image?: string }>;

/** All that is remembered of one machine from boot to boot. */
export type MachineState = Readonly<{
  assigned?: Assignment;
  /** For one boot only. */
  next?: string;
  /** Reported ready under `install-once`. */
  installed?: string;
  /** The last image that reported ready under `always`. */
  good?: string;
  /** What its last script booted. */
  running?: Readonly<{ image: string; mode: BootMode | "next" }>;
  /** Scripts for this image since something was last ready. */
  misses?: Readonly<{ image: string; times: number }>;
}>;

/**
 * What a machine boots this time. With a `note` it is not what it usually boots, and its script says so; `asked` is what
 * somebody decided for it, so that no menu asks again.
 */
export type Turn = Readonly<
  | { boot: "image"; image: string; mode: BootMode | "next"; note?: string; fellBack?: true; asked?: true }
  | { boot: "local"; note: string }
>;

export type Usual = Readonly<{ mode: BootMode; image?: string }>;

/**
 * What a machine boots this time; undefined where there is nothing. `usual` is the site's word, `misses` after how many
 * boots without a report an image is given up for the one that last reported.
 */
export function turnOf(state: MachineState, usual: Usual, misses: number): Turn | undefined {
  if (state.next !== undefined) {
    return {
      boot: "image",
      image: state.next,
      mode: "next",
      note: `booting ${state.next} this once, as was asked for`,
    };
  }
  const { mode, image = usual.image } = state.assigned ?? usual;
  if (mode === "local") return { boot: "local", note: "booting from its own disk, as was asked for" };
  if (image === undefined) return undefined;
  if (mode === "install-once" && state.installed === image) {
    return { boot: "local", note: `${image} has reported ready once: booting from its own disk` };
  }
  const { good } = state;
  const missed = state.misses?.image === image ? state.misses.times : 0;
  if (missed >= misses && good !== undefined && good !== image) {
    const note = `${image} did not report ready ${missed} times: booting ${good}, the last that did`;
    return { boot: "image", image: good, mode: "always", note, fellBack: true };
  }
  const asked = state.assigned !== undefined || mode === "install-once";
  return { boot: "image", image, mode, ...(asked ? { asked } : {}) };
}

/** A script was handed out. `counts` says whether a report is to be expected of it. */
export function afterScript(state: MachineState, turn: Turn, counts: boolean): MachineState {
  if (turn.boot === "local") return state;
  const { image, mode } = turn;
  const { next: _, ...rest } = state;
  const running = { running: { image, mode } };
  // One boot is no trial of an image, and what it was fallen back to has been tried.
  if (!counts || mode === "next" || turn.fellBack) return { ...rest, ...running };
  const before = state.misses?.image === image ? state.misses.times : 0;
  return { ...rest, ...running, misses: { image, times: before + 1 } };
}

/** A menu was shown. Nobody tells us what is picked there: neither a report nor that there is none says anything of an image. */
export function afterMenu({ running: _, ...rest }: MachineState): MachineState {
  return rest;
}

/** The machine reported ready. */
export function afterReady(state: MachineState): MachineState {
  const { running } = state;
  if (!running) return state;
  const { image, mode } = running;
  if (mode === "next") return state;
  // Of what was fallen back from, the misses stay: it would be tried again and again.
  const { misses, ...rest } = state;
  const kept = misses && misses.image !== image ? { ...rest, misses } : rest;
  return mode === "install-once" ? { ...kept, installed: image } : { ...kept, good: image };
}

/** What somebody asks for. `site` takes back what was assigned; all but `next` begins anew. */
export type Change = Readonly<
  { next: string } | { mode: BootMode; image?: string | undefined } | { mode: "site" }
>;

export function changed(state: MachineState, change: Change): MachineState {
  if ("next" in change) return { ...state, next: change.next };
  const { good } = state;
  const kept = good === undefined ? {} : { good };
  if (change.mode === "site") return kept;
  const { mode, image } = change;
  return { ...kept, assigned: { mode, ...(image === undefined ? {} : { image }) } };
}

/** In words. */
export function describeState(name: string, state: MachineState): string[] {
  const { assigned, next, installed, good, misses } = state;
  const what = assigned && (assigned.image === undefined ? "the site's image" : assigned.image);
  return [
    assigned === undefined
      ? `${name} boots what the site says`
      : assigned.mode === "local"
        ? `${name} boots from its own disk`
        : `${name} boots ${what}${assigned.mode === "install-once" ? " until it has reported ready once" : ""}`,
    ...(next === undefined ? [] : [`its next boot is ${next}`]),
    ...(installed === undefined ? [] : [`${installed} has reported ready, and is not booted again`]),
    ...(good === undefined ? [] : [`the last image that reported ready is ${good}`]),
    ...(misses === undefined ? [] : [`${misses.image} was booted ${misses.times} times without a report`]),
  ];
}
