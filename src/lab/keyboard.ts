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
