/**
 * How iPXE reads a line, and so what a word of ours may hold. It splits at white space, takes a word that *is* `||`,
 * `&&` or `;` for an operator and one that begins with `#` for the rest of a comment, and then expands `${...}` in each
 * word by itself (iPXE `core/exec.c`). A backslash at the end of a line joins the next one (`image/script.c`). There is
 * no quoting and no escape: quotes and operators inside a word are ordinary characters, and what would be read as
 * something else cannot be written at all. Tried with 1.0.0+git-20190125 (Debian 12) under QEMU.
 */

/** An iPXE setting, expanded when the line runs: `{ setting: "netX/mac:hexhyp" }` prints as `${netX/mac:hexhyp}`. */
export type Setting = Readonly<{ setting: string }>;

/** One word of a line: text, or text and settings run together. */
export type Word = string | readonly (string | Setting)[];

/** What is wrong with the text as one word of a script, or undefined: `"x"` + problem reads as a sentence. */
export function wordProblem(text: string): string | undefined {
  if (text === "") return "is empty";
  if (!/^[\x21-\x7e]*$/.test(text)) return "holds white space, a control character or one outside ASCII";
  if (text.includes("${")) return "holds `${`, which iPXE would replace by a setting";
  if (text === "||" || text === "&&" || text === ";") return "is an operator of iPXE's scripts";
  if (text.startsWith("#")) return "begins with `#`: iPXE would drop the rest of the line as a comment";
  if (text.endsWith("\\")) return "ends with a backslash, which would join the next line to this one";
  return undefined;
}

/** The words of a kernel command line; `wordProblem` judges each. */
export function wordsOf(commandLine: string): string[] {
  return commandLine.split(/[ \t]+/).filter((word) => word !== "");
}

/** A sentence of ours with text of others in it, made fit for `echo`: what cannot be written becomes `?`. */
export function prose(sentence: string): string[] {
  const words = sentence.split(/\s+/).filter((word) => word !== "");
  return words.map((word) => {
    const plain = word.replaceAll(/[^\x21-\x7e]/g, "?").replaceAll("${", "?{");
    return wordProblem(plain) === undefined ? plain : "?";
  });
}

/** The word as it stands in the script. Throws on one that iPXE would read as something else. */
export function printWord(word: Word): string {
  const pieces = typeof word === "string" ? [word] : word;
  for (const [index, piece] of pieces.entries()) {
    if (typeof piece !== "string") checkSetting(piece);
    // `$` and a setting behind it would print as `$${...}`: legal, but what iPXE makes of it depends on the value.
    else if (piece.endsWith("$") && index < pieces.length - 1)
      refuse(piece, "ends with `$` before a setting");
    else if (piece.includes("${")) refuse(piece, "holds `${`, which iPXE would replace by a setting");
  }
  // Judged as a whole, settings standing in as a letter: an operator may come together from pieces.
  const shape = pieces.map((piece) => (typeof piece === "string" ? piece : "x")).join("");
  const problem = wordProblem(shape);
  if (problem !== undefined) refuse(shape, problem);
  return pieces.map((piece) => (typeof piece === "string" ? piece : `\${${piece.setting}}`)).join("");
}

function checkSetting({ setting }: Setting): void {
  if (!/^[A-Za-z0-9/:._-]+$/.test(setting)) refuse(setting, "is not the name of a setting");
}

/** Site files and images are checked where they are loaded, with the place named: what arrives here is our bug. */
function refuse(text: string, problem: string): never {
  throw new TypeError(`iPXE script: ${JSON.stringify(text)} ${problem}`);
}
