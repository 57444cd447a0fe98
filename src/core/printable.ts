/**
 * What has no shape of its own: controls, halves of characters, what Unicode has not assigned, and what makes terminals
 * and editors reorder or hide the text around it (UAX 9 §2, UTR 36 §3), so that one name would read as another.
 */
export const shapeless = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Text that came from the network or a guest, safe to print and to log: one line that reads as it is stored, bounded. */
export function printable(text: string, most = 200): string {
  const clean = text.replaceAll(shapeless, "?");
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}
