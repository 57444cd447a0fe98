import type { Trace } from "../read-trace.ts";

/** As wide as a kernel's lines and a firmware's screens both fit. */
const terminal = { cols: 80, rows: 25 } as const;

/** The console of a machine as asciicast v3 (asciinema): a header, then `[seconds since the one before, "o", text]`. */
export function asciicastOf({ began, facts }: Trace, machine: string): string {
  const timestamp = Math.floor(Date.parse(began) / 1000);
  const lines = [JSON.stringify({ version: 3, term: terminal, timestamp, title: machine })];
  const decoder = new TextDecoder("utf-8");
  let before = 0;
  for (const fact of facts) {
    if (fact.type !== "console.output" || fact.machine !== machine) continue;
    const text = decoder.decode(Buffer.from(fact.text, "latin1"), { stream: true });
    if (text === "") continue; // half of a character
    lines.push(JSON.stringify([Number(((fact.at - before) / 1000).toFixed(6)), "o", text]));
    before = fact.at;
  }
  return `${lines.join("\n")}\n`;
}
