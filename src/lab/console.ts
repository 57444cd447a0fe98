import type { Socket } from "node:net";
import xterm from "@xterm/headless";
import { ConsoleText } from "./console-text.ts";
import type { Cell, Screen } from "./screen/screen.ts";
import { screenOf } from "./screen/screen.ts";

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

  /** What a terminal on this line shows now. */
  async screen(): Promise<Screen> {
    await new Promise<void>((resolve) => this.#terminal.write("", resolve));
    return this.#shown();
  }

  /** Hands over what the terminal shows: now, and whenever it has taken in what came. */
  followScreen(reader: (screen: Screen) => void): Disposable {
    const following = this.#terminal.onWriteParsed(() => reader(this.#shown()));
    reader(this.#shown());
    return { [Symbol.dispose]: () => following.dispose() };
  }

  #shown(): Screen {
    const { active } = this.#terminal.buffer;
    const cells = Array.from({ length: rows }, (_, row) => {
      const line = active.getLine(active.baseY + row);
      return Array.from({ length: columns }, (_, column) => cellOf(line?.getCell(column)));
    });
    return screenOf(cells, { row: active.cursorY, column: active.cursorX });
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

type TerminalCell = ReturnType<NonNullable<ReturnType<xterm.IBuffer["getLine"]>>["getCell"]>;

/** Colours by their number, -1 for the terminal's own. */
function cellOf(cell: TerminalCell): Cell {
  const character = cell?.getChars() || " ";
  const colours = [String(cell?.getFgColor() ?? -1), String(cell?.getBgColor() ?? -1)] as const;
  const [foreground, background] = cell?.isInverse() ? [colours[1], colours[0]] : colours;
  return { character, foreground, background };
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
