/** QEMU's names of keys (QKeyCode) for what a person types on a US keyboard. */
const named: Readonly<Record<string, readonly string[]>> = {
  "\n": ["ret"],
  "\t": ["tab"],
  "\x1b": ["esc"],
  "\b": ["backspace"],
  " ": ["spc"],
  "-": ["minus"],
  _: ["shift", "minus"],
  "=": ["equal"],
  "+": ["shift", "equal"],
  "[": ["bracket_left"],
  "{": ["shift", "bracket_left"],
  "]": ["bracket_right"],
  "}": ["shift", "bracket_right"],
  ";": ["semicolon"],
  ":": ["shift", "semicolon"],
  "'": ["apostrophe"],
  '"': ["shift", "apostrophe"],
  "`": ["grave_accent"],
  "~": ["shift", "grave_accent"],
  "\\": ["backslash"],
  "|": ["shift", "backslash"],
  ",": ["comma"],
  "<": ["shift", "comma"],
  ".": ["dot"],
  ">": ["shift", "dot"],
  "/": ["slash"],
  "?": ["shift", "slash"],
};

/** Keys that make no character: QEMU's name, and what a terminal sends for them. */
const unwritten = {
  enter: { qcode: "ret", bytes: "\r" },
  escape: { qcode: "esc", bytes: "\x1b" },
  tab: { qcode: "tab", bytes: "\t" },
  backspace: { qcode: "backspace", bytes: "\b" }, // iPXE does not know the DEL that newer terminals send
  up: { qcode: "up", bytes: "\x1b[A" },
  down: { qcode: "down", bytes: "\x1b[B" },
  right: { qcode: "right", bytes: "\x1b[C" },
  left: { qcode: "left", bytes: "\x1b[D" },
  home: { qcode: "home", bytes: "\x1b[H" },
  end: { qcode: "end", bytes: "\x1b[F" },
  insert: { qcode: "insert", bytes: "\x1b[2~" },
  delete: { qcode: "delete", bytes: "\x1b[3~" },
  pageup: { qcode: "pgup", bytes: "\x1b[5~" },
  pagedown: { qcode: "pgdn", bytes: "\x1b[6~" },
  f1: { qcode: "f1", bytes: "\x1bOP" },
  f2: { qcode: "f2", bytes: "\x1bOQ" },
  f3: { qcode: "f3", bytes: "\x1bOR" },
  f4: { qcode: "f4", bytes: "\x1bOS" },
  f5: { qcode: "f5", bytes: "\x1b[15~" },
  f6: { qcode: "f6", bytes: "\x1b[17~" },
  f7: { qcode: "f7", bytes: "\x1b[18~" },
  f8: { qcode: "f8", bytes: "\x1b[19~" },
  f9: { qcode: "f9", bytes: "\x1b[20~" },
  f10: { qcode: "f10", bytes: "\x1b[21~" },
  f11: { qcode: "f11", bytes: "\x1b[23~" },
  f12: { qcode: "f12", bytes: "\x1b[24~" },
} as const;

export type Key = keyof typeof unwritten;

/** What a terminal sends when this key is pressed. */
export function bytesOfKey(key: Key): string {
  return unwritten[key].bytes;
}

/** QEMU's name of this key. */
export function qcodeOfKey(key: Key): string {
  return unwritten[key].qcode;
}

const shiftedDigits = ")!@#$%^&*(";

/** The chords that type a text: one list of keys held together per character. Throws for a character no key makes. */
export function keysFor(text: string): string[][] {
  return Array.from(text, (character) => {
    const known = named[character];
    if (known) return [...known];
    if (/^[a-z0-9]$/.test(character)) return [character];
    if (/^[A-Z]$/.test(character)) return ["shift", character.toLowerCase()];
    // Control characters are what a terminal makes of Ctrl and a letter.
    const letter = String.fromCharCode(character.charCodeAt(0) + 0x60);
    if (/^[a-z]$/.test(letter)) return ["ctrl", letter];
    const digit = shiftedDigits.indexOf(character);
    if (digit >= 0) return ["shift", String(digit)];
    throw new RangeError(`no key types ${JSON.stringify(character)}`);
  });
}
