/**
 * What has no shape of its own: controls, halves of characters, what Unicode has not assigned, and what makes terminals
 * and editors reorder or hide the text around it (UAX 9 §2, UTR 36 §3), so that one name would read as another.
 */
const shapeless = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text that came from the network or a guest, safe to print and to log: one line that reads as it is stored, bounded. */
export function printable(text: string, most = 200): string {
  const clean = text.replaceAll(shapeless, "?");
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}

/**
 * JSON on one line that is as safe to print. JSON itself leaves DEL, the C1 controls (among them 0x9b, which starts a
 * terminal's control sequence) and everything that turns text around or hides in it.
 */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value);
  if (/^[\x20-\x7e]*$/.test(json)) return json; // nearly always, and a log writes thousands of them
  return json.replaceAll(shapeless, (character) =>
    Array.from({ length: character.length }, (_, at) => escapeOf(character.charCodeAt(at))).join(""),
  );
}

const escapeOf = (unit: number) => `\\u${unit.toString(16).padStart(4, "0")}`;
