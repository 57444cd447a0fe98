import type { Socket } from "node:net";
import xterm from "@xterm/headless";
import { ConsoleText } from "./console-text.ts";

/** Bytes that arrived together, one character per byte, and when (milliseconds on the timeline's clock). */
interface ConsoleChunk {
  at: number;
  bytes: string;
}

/** Firmware draws for this size, and wraps by itself at column 80. */
const columns = 80;
const rows = 25;

/** A machine's serial console: what comes, and when; what it says as text; what it shows as a terminal; and its keyboard. */
export class Console implements Disposable {
  readonly #text = new ConsoleText();
  readonly #terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 5000, allowProposedApi: true });
  readonly #socket: Socket;
  readonly #readers = new Set<(chunk: ConsoleChunk) => void>();

  constructor(socket: Socket, now: () => number, onChunk: (chunk: ConsoleChunk) => void) {
    this.#socket = socket;
    this.#readers.add(onChunk);
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      const chunk = { at: now(), bytes: data.toString("latin1") };
      this.#text.append(chunk.bytes);
      this.#terminal.write(data);
      for (const reader of this.#readers) reader(chunk);
    });
  }

  /** Hands over every chunk from now on. */
  follow(reader: (chunk: ConsoleChunk) => void): Disposable {
    this.#readers.add(reader);
    return { [Symbol.dispose]: () => void this.#readers.delete(reader) };
  }

  /** Everything said so far, without escape sequences. Grows only at its end. */
  get text(): string {
    return this.#text.text;
  }

  /** What a terminal on this line shows now: one string a row, trailing blanks cut. */
  async screen(): Promise<string[]> {
    await new Promise<void>((resolve) => this.#terminal.write("", resolve));
    const { active } = this.#terminal.buffer;
    return Array.from({ length: rows }, (_, row) =>
      (active.getLine(active.baseY + row)?.translateToString(true) ?? "").trimEnd(),
    );
  }

  /** Sends keystrokes as a terminal would, one character per byte. */
  write(text: string): void {
    this.#socket.write(text, "latin1");
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
    this.#terminal.dispose();
  }
}

/** The last `count` lines of a text that are not blank. */
export function lastLines(text: string, count: number): string[] {
  return text
    .slice(-16_384)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-count);
}
