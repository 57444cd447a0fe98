/**
 * The serial stream as text to match on: no escape sequences, one `\n` per line. Firmware repaints, erases and jumps about;
 * what it *showed* is the terminal's business (console.ts), what it *said* in which order is this one's.
 */
export class ConsoleText {
  #text = "";
  #rest = "";

  get text(): string {
    return this.#text;
  }

  /** Takes the next bytes, one character per byte; returns the text they added. */
  append(bytes: string): string {
    const all = this.#rest + bytes;
    // A sequence that is cut in two waits for its other half; no real one is this long.
    const cut = incompleteAtEnd.exec(all);
    const whole = cut !== null && cut[0].length < 64 ? all.slice(0, cut.index) : all;
    this.#rest = all.slice(whole.length);
    const added = clean(whole);
    this.#text += added;
    return added;
  }
}

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are the subject here
const incompleteAtEnd = /(?:\x1b(?:\[[0-9;?=]*)?|\r)$/;
const cursorForward = /\x1b\[(\d*)C/g;
const cursorPosition = /\x1b\[[0-9;]*[Hf]/g;
const otherSequence = /\x1b(?:\[[0-9;?=]*[@-~]|[()][0-9A-B]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[^[\]()])/g;
const erasing = /(?:\x08 ?)+/g;
const lineEnd = /\r+\n?/g;
const otherControl = /[\x00-\x08\x0b-\x1f\x7f]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: see above

/** Moves over blanks become blanks, moves elsewhere and erasures become line ends, the rest of the control is dropped. */
function clean(bytes: string): string {
  return bytes
    .replace(cursorForward, (_, count: string) => " ".repeat(Math.min(Number(count) || 1, 80)))
    .replace(cursorPosition, "\n")
    .replace(otherSequence, "")
    .replace(erasing, "\n")
    .replace(lineEnd, "\n")
    .replace(otherControl, "");
}
