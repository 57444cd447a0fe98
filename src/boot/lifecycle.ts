import type { Slots } from "./slots.ts";
import { deployed, describeSlots, onTrial, promoted, rolledBack, swapped } from "./slots.ts";

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
  running?: Readonly<{ image: string; mode: TurnMode }>;
  /** Scripts for this image since something was last ready. */
  misses?: Readonly<{ image: string; times: number }>;
  /** Images that were deployed on it. */
  slots?: Slots;
}>;

/** `next`: asked for once; `trial`: the only boot of a new image until it has reported ready. */
export type TurnMode = BootMode | "next" | "trial";

/**
 * What a machine boots this time. With a `note` it is not what it usually boots, and its script says so; `asked` is what
 * somebody decided for it, so that no menu asks again.
 */
export type Turn = Readonly<
  | {
      boot: "image";
      image: string;
      mode: TurnMode;
      note?: string;
      fellBack?: true;
      asked?: true;
      /** What a trial is in place of. */
      instead?: string;
      /** The trial that failed before this. */
      failed?: string;
    }
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
  const { slots = {}, assigned } = state;
  const { mode, image = usual.image } = assigned ?? slotted(usual, slots);
  if (mode === "local") return { boot: "local", note: "booting from its own disk, as was asked for" };
  if (assigned === undefined && mode === "always" && slots.new !== undefined) {
    return slots.tried ? afterTrial(slots.new, slots.tried.instead ?? image) : trialOf(slots.new, image);
  }
  if (image === undefined) return undefined;
  if (mode === "install-once" && state.installed === image) {
    return { boot: "local", note: `${image} has reported ready once: booting from its own disk` };
  }
  const asked = isAsked(state, mode) ? { asked: true as const } : {};
  return givenUp(image, state, misses) ?? { boot: "image", image, mode, ...asked };
}

/** Whether somebody decided it for this machine. */
function isAsked({ assigned, slots }: MachineState, mode: BootMode): boolean {
  return (
    assigned !== undefined || mode === "install-once" || (mode === "always" && slots?.regular !== undefined)
  );
}

/** After so many misses, for the last image that reported ready, or the one that was regular before. */
function givenUp(image: string, state: MachineState, misses: number): Turn | undefined {
  const before = state.good === image ? undefined : state.good;
  const good = before ?? state.slots?.old;
  const missed = state.misses?.image === image ? state.misses.times : 0;
  if (missed < misses || good === undefined || good === image) return undefined;
  const note = `${image} did not report ready ${missed} times: booting ${good}, the last that did`;
  return { boot: "image", image: good, mode: "always", note, fellBack: true };
}

/** A regular image is the site's word, until the site says something else than `always`. */
function slotted(usual: Usual, { regular }: Slots): Usual {
  return regular === undefined || usual.mode !== "always" ? usual : { mode: "always", image: regular };
}

function trialOf(image: string, instead: string | undefined): Turn {
  const note = `trying ${image}: it stays when it reports ready`;
  return {
    ...{ boot: "image", image, mode: "trial", note, asked: true },
    ...(instead === undefined ? {} : { instead }),
  };
}

function afterTrial(failed: string, image: string | undefined): Turn | undefined {
  if (image === undefined) return undefined;
  const note = `${failed} did not report ready: booting ${image} again`;
  return { boot: "image", image, mode: "always", note, failed, fellBack: true, asked: true };
}

/** A script was handed out. `counts` says whether a report is to be expected of it. */
export function afterScript(state: MachineState, turn: Turn, counts: boolean): MachineState {
  if (turn.boot === "local") return state;
  const { image, mode } = turn;
  const { next: _, ...rest } = state;
  const running = { running: { image, mode } };
  if (mode === "trial") return { ...rest, ...running, slots: onTrial(state.slots ?? {}, turn.instead) };
  if (turn.failed !== undefined) return { ...rest, ...running, slots: rolledBack(state.slots ?? {}) };
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
  if (mode === "trial") {
    const { misses: _, ...rest } = state;
    return {
      ...rest,
      good: image,
      running: { image, mode: "always" },
      slots: promoted(state.slots ?? {}, image),
    };
  }
  // Of what was fallen back from, the misses stay: it would be tried again and again.
  const { misses, ...rest } = state;
  const kept = misses && misses.image !== image ? { ...rest, misses } : rest;
  return mode === "install-once" ? { ...kept, installed: image } : { ...kept, good: image };
}

/**
 * What somebody asks for. `site` takes back what was assigned and deployed; all but `next` begins anew. `deploy` tries an
 * image once, and keeps it when it reports ready; `slot: "back"` returns to the one before.
 */
export type Change = Readonly<
  | { next: string }
  | { deploy: string }
  | { slot: "back" }
  | { mode: BootMode; image?: string | undefined }
  | { mode: "site" }
>;

export function changed(state: MachineState, change: Change): MachineState {
  if ("next" in change) return { ...state, next: change.next };
  const { good, slots = {}, assigned } = state;
  const kept = good === undefined ? {} : { good };
  if ("deploy" in change || "slot" in change) {
    // What was assigned is what the new one comes in place of.
    const regular = assigned?.mode === "always" ? assigned.image : undefined;
    const before = regular === undefined ? slots : { ...slots, regular };
    return { ...kept, slots: "deploy" in change ? deployed(before, change.deploy) : swapped(before) };
  }
  if (change.mode === "site") return kept;
  const { mode, image } = change;
  return { ...kept, assigned: { mode, ...(image === undefined ? {} : { image }) } };
}

/** Why a machine has nothing to go back to. */
export function whyNotBack(name: string, change: Change | undefined, { slots }: MachineState) {
  if (change === undefined || !("slot" in change) || slots?.regular !== undefined) return undefined;
  return {
    problem: `nothing that was deployed on ${name} is its regular image`,
    hint: "see `dryboot slots`",
  };
}

/** In words. */
export function describeState(name: string, state: MachineState): string[] {
  const { assigned, next, installed, good, misses, slots = {} } = state;
  const what = assigned && (assigned.image === undefined ? "the site's image" : assigned.image);
  return [
    assigned === undefined
      ? `${name} boots what the site says`
      : assigned.mode === "local"
        ? `${name} boots from its own disk`
        : `${name} boots ${what}${assigned.mode === "install-once" ? " until it has reported ready once" : ""}`,
    ...describeSlots(slots),
    ...(next === undefined ? [] : [`its next boot is ${next}`]),
    ...(installed === undefined ? [] : [`${installed} has reported ready, and is not booted again`]),
    ...(good === undefined ? [] : [`the last image that reported ready is ${good}`]),
    ...(misses === undefined ? [] : [`${misses.image} was booted ${misses.times} times without a report`]),
  ];
}
