import { readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Recorder } from "../../core/timeline.ts";
import type { BootFacts } from "../facts.ts";
import type { Qmp } from "../qmp.ts";
import type { Font } from "./font.ts";
import { fontsIn } from "./font.ts";
import { scannedMemory } from "./font-places.ts";
import type { Picture } from "./picture.ts";
import { decodePpm } from "./picture.ts";
import type { PictureText } from "./read-picture.ts";
import { readPicture } from "./read-picture.ts";
import type { Screen } from "./screen.ts";
import { textOf } from "./screen.ts";

/** One look at a machine's screen. */
export interface Frame {
  picture: Picture;
  /** None where nothing can be read: graphics, or a font that is not the firmware's. */
  text?: PictureText;
  file: string;
}

/** What can be read of it, which may be nothing. */
export function screenIn({ text }: Frame): Screen {
  return text ?? { rows: [], cells: [] };
}

export interface DisplayDeps {
  machine: string;
  built: Parameters<typeof scannedMemory>[0];
  qmp: Pick<Qmp, "execute">;
  timeline: Recorder<BootFacts>;
  /** Where the picture of that number is kept; 0 is for what is not. */
  file(number: number): string;
}

/** How often a screen is looked at while somebody waits for it. */
const lookEveryMs = 250;

/** A machine's own screen, looked at through QEMU. A picture is kept when it says something else than the one before. */
export class Display {
  readonly #deps: DisplayDeps;
  #fonts: readonly Font[] = [];
  #last: (Frame & { dump: Buffer }) | undefined;
  #kept = 0;
  #looking: Promise<Frame> | undefined;

  constructor(deps: DisplayDeps) {
    this.#deps = deps;
  }

  /** What is shown now. */
  look(): Promise<Frame> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks again and again until it is disposed of; a look that fails is the last. */
  follow(onLook: (frame: Frame) => void, onFailure: (reason: unknown) => void): Disposable {
    const stop = new AbortController();
    const follow = async () => {
      while (!stop.signal.aborted) {
        onLook(await this.look());
        await sleep(lookEveryMs, undefined, { signal: stop.signal });
      }
    };
    void follow().catch((reason: unknown) => {
      if (!stop.signal.aborted) onFailure(reason);
    });
    return { [Symbol.dispose]: () => stop.abort() };
  }

  async #look(): Promise<Frame> {
    const { qmp, file } = this.#deps;
    const dump = await this.#dump("screendump", {});
    if (this.#last?.dump.equals(dump)) return this.#last;
    const picture = decodePpm(dump);
    const text = await this.read(picture);
    const frame = { picture, dump, ...(text ? { text } : {}), file: this.#last?.file ?? "" };
    if (this.#saysAnother(frame)) {
      this.#kept += 1;
      frame.file = file(this.#kept);
      // QEMU packs it better and without stopping our servers.
      await qmp.execute("screendump", { filename: frame.file, format: "png" });
      this.#report(frame);
    }
    this.#last = frame;
    return frame;
  }

  /** Whether it is more than a cursor that blinks. */
  #saysAnother(frame: Frame): boolean {
    if (this.#last === undefined || !sameSize(this.#last.picture, frame.picture)) return true;
    return frame.text === undefined || textOf(frame.text) !== textOf(screenIn(this.#last));
  }

  #report(frame: Frame): void {
    const { machine, timeline } = this.#deps;
    const { width, height } = frame.picture;
    const before = this.#last?.picture;
    if (before && !sameSize(before, { width, height })) {
      const from = { width: before.width, height: before.height };
      timeline.record("screen.resized", { machine, from, to: { width, height } });
    }
    timeline.record("screen.changed", {
      ...{ machine, file: frame.file, width, height },
      text: textOf(screenIn(frame)),
    });
  }

  /** Reads a picture as one of this machine's screens. */
  async read(picture: Picture): Promise<PictureText | undefined> {
    if (picture.pixels.every((pixel) => pixel === picture.pixels[0])) return undefined;
    if (this.#fonts.length === 0) this.#fonts = await this.#learnFonts();
    return readPicture(picture, this.#fonts, this.#last?.text);
  }

  /** The machine's own memory has the fonts that its firmware draws with. */
  async #learnFonts(): Promise<Font[]> {
    for (const { begin, sizeBytes } of scannedMemory(this.#deps.built)) {
      const fonts = fontsIn(await this.memory(begin, sizeBytes));
      if (fonts.length > 0) return fonts;
    }
    return [];
  }

  /** Part of the machine's memory, as it is now. */
  memory(begin: number, sizeBytes: number): Promise<Buffer> {
    return this.#dump("pmemsave", { val: begin, size: sizeBytes });
  }

  /** What a command of QEMU's writes into a file. */
  async #dump(command: string, args: Readonly<Record<string, unknown>>): Promise<Buffer> {
    const { qmp, file } = this.#deps;
    const filename = file(0);
    await qmp.execute(command, { ...args, filename }, 30_000);
    try {
      return await readFile(filename);
    } finally {
      await rm(filename, { force: true });
    }
  }
}

type Size = Pick<Picture, "width" | "height">;

function sameSize(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}
