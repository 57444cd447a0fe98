import { setTimeout as sleep } from "node:timers/promises";
import { DrybootError } from "../core/errors.ts";
import type { Key } from "./keyboard.ts";
import type { Frame } from "./screen/display.ts";
import { screenIn } from "./screen/display.ts";
import type { Screen } from "./screen/screen.ts";
import { selectedRow, textOf } from "./screen/screen.ts";
import type { Wait } from "./wait.ts";

/** Where a person sits: at a terminal on the serial line, or in front of the machine. */
export const places = ["serial", "display"] as const;
export type Place = (typeof places)[number];

/** What a seat is made of. */
export interface SeatParts {
  machine: string;
  place: Place;
  look(): Promise<Screen>;
  follow(onLook: (screen: Screen) => void, onFailure: (reason: unknown) => void): Disposable;
  types(text: string): Promise<void>;
  hits(key: Key): Promise<void>;
  waits<T>(wait: Wait<T>): Promise<T>;
}

interface WaitOptions {
  /** Ids of sentinels that are expected here. */
  ignore?: readonly string[];
}

/** A machine as the person at one of its two consoles has it: something to read, and keys. */
export class Seat {
  readonly #parts: SeatParts;

  constructor(parts: SeatParts) {
    this.#parts = parts;
  }

  /** What is shown now. */
  screen(): Promise<Screen> {
    return this.#parts.look();
  }

  /** Waits until `pattern` is on the screen, its rows joined by line ends. Unlike `sees`, it asks what is there, not what was said. */
  shows(pattern: RegExp, deadline: string, options?: WaitOptions): Promise<Screen> {
    return this.#waits(
      `the ${this.#name} to show ${pattern}`,
      (screen) => pattern.test(textOf(screen)),
      deadline,
      options,
    );
  }

  types(text: string): Promise<void> {
    return this.#parts.types(text);
  }

  /** Presses keys one after the other. */
  async hits(...keys: Key[]): Promise<void> {
    for (const key of keys) await this.#parts.hits(key);
  }

  /** Walks the bar of a menu to the item that says this; waits for the menu first. */
  async selects(item: RegExp, deadline = "20s", options?: WaitOptions): Promise<Screen> {
    await this.#waits(
      `a menu on the ${this.#name} with ${item}`,
      (shown) => selectedRow(shown) !== undefined && rowOf(shown, item) >= 0,
      deadline,
      options,
    );
    let screen = await this.#settled();
    // A bar that moves gets there: at most once over every row.
    for (const _ of screen.rows) {
      const from = selectedRow(screen);
      const to = rowOf(screen, item);
      if (from === undefined || to < 0) break;
      if (from.row === to) return screen;
      await this.hits(from.row < to ? "down" : "up");
      await this.#waits(
        `the bar to leave "${from.text}"`,
        (shown) => (selectedRow(shown)?.row ?? from.row) !== from.row,
        deadline,
        options,
      );
      screen = await this.#settled();
    }
    throw new DrybootError(`${this.#parts.machine}: the menu's bar never came to ${item}`, {
      code: "MENU_ITEM_NOT_REACHED",
      where: `${this.#parts.machine}, ${this.#name}`,
      evidence: screen.rows.filter((row) => row !== ""),
      hint: "name the item by words that no other item has",
    });
  }

  /** A menu is drawn row by row, and half of it may look as if another row were chosen: two looks must agree. */
  async #settled(): Promise<Screen> {
    let screen = await this.screen();
    for (let looks = 0; looks < 40; looks++) {
      await sleep(150);
      const before = screen;
      screen = await this.screen();
      const [bar, barBefore] = [selectedRow(screen), selectedRow(before)];
      if (bar !== undefined && bar.row === barBefore?.row && textOf(screen) === textOf(before)) break;
    }
    return screen;
  }

  get #name(): string {
    return this.#parts.place === "serial" ? "serial console" : "screen";
  }

  async #waits(
    what: string,
    fits: (screen: Screen) => boolean,
    deadline: string,
    options: WaitOptions = {},
  ): Promise<Screen> {
    let latest: Screen | undefined;
    return await this.#parts.waits({
      what,
      deadline,
      ...options,
      until: () => (latest !== undefined && fits(latest) ? latest : undefined),
      wokenBy: (look, fail) =>
        this.#parts.follow((screen) => {
          latest = screen;
          look();
        }, fail),
      saw: () => latest?.rows.filter((row) => row !== "") ?? [],
    });
  }
}

function rowOf({ rows }: Screen, item: RegExp): number {
  return rows.findIndex((row) => item.test(row));
}

/** The display's half of a seat. */
export function viewOf(display: {
  look(): Promise<Frame>;
  follow(onLook: (frame: Frame) => void, onFailure: (reason: unknown) => void): Disposable;
}): Pick<SeatParts, "look" | "follow"> {
  return {
    look: async () => screenIn(await display.look()),
    follow: (onLook, onFailure) => display.follow((frame) => onLook(screenIn(frame)), onFailure),
  };
}
