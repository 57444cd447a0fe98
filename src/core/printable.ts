/** Text that came from the network or a guest, safe to print and to log: one line, no control characters, bounded. */
export function printable(text: string, most = 200): string {
  const clean = text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, "?");
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}
