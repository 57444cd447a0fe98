import type { Fact } from "../src/core/timeline.ts";
import { ConsoleText } from "../src/lab/console-text.ts";
import type { BootFacts } from "../src/lab/facts.ts";

/**
 * The phases of a boot by its console alone. Servers that are not ours tell no facts, so this is the one clock that is the
 * same for every variant. Each phase lasts from its sign to the sign of the next one that is seen.
 */
const signs = [
  ["firmware pxe", />>Start PXE over IPv4/],
  ["ipxe", /iPXE initialising devices/],
  ["ipxe address", /Configuring \(net\d/],
  ["script, files", /^net\d: \d+\.\d+\.\d+\.\d+\//m],
  ["kernel unpacks", /initrd\.img\.[^\n]* ok/],
  ["kernel", /Linux version \d/],
  ["userland", /dryboot-rescue: init\b/],
] as const;

export type ConsolePhase = "firmware" | (typeof signs)[number][0];

export const consolePhases: readonly ConsolePhase[] = ["firmware", ...signs.map(([phase]) => phase)];

export interface TimedBoot {
  /** Power-on to the login prompt. */
  totalMs: number;
  /** Milliseconds in each phase that was seen; they add up to the total. */
  phases: Readonly<Partial<Record<ConsolePhase, number>>>;
}

/** Undefined where `machine` was not powered on, or `login` does not stand on its console. */
export function timeBoot(
  facts: readonly Fact<BootFacts>[],
  machine: string,
  login: RegExp,
): TimedBoot | undefined {
  const powerOn = facts.find((fact) => fact.type === "vm.powered-on" && fact.machine === machine)?.at;
  const console = readConsole(facts, machine);
  const end = console.shownAt(login);
  if (powerOn === undefined || end === undefined) return undefined;
  const begins = [
    ["firmware", powerOn] as const,
    ...inOrder(signs.map(([phase, sign]) => [phase, console.shownAt(sign)])),
  ];
  const took = begins.map(([phase, at], index) => [phase, (begins[index + 1]?.[1] ?? end) - at] as const);
  return { totalMs: end - powerOn, phases: Object.fromEntries(took) };
}

/** A sign behind one of a later phase is somebody quoting it, `dmesg` for one: it begins nothing. */
function inOrder(seen: readonly (readonly [ConsolePhase, number | undefined])[]): [ConsolePhase, number][] {
  const begins: [ConsolePhase, number][] = [];
  for (const [phase, at] of seen.toReversed()) {
    if (at !== undefined && at <= (begins[0]?.[1] ?? at)) begins.unshift([phase, at]);
  }
  return begins;
}

/** What a console said, and when the last character of each piece had come. */
function readConsole(facts: readonly Fact<BootFacts>[], machine: string) {
  const console = new ConsoleText();
  const pieces: { end: number; at: number }[] = [];
  for (const fact of facts) {
    if (fact.type !== "console.output" || fact.machine !== machine) continue;
    console.append(fact.text);
    pieces.push({ end: console.text.length, at: fact.at });
  }
  return {
    shownAt(sign: RegExp): number | undefined {
      const match = sign.exec(console.text);
      if (match === null) return undefined;
      const end = match.index + match[0].length;
      return pieces.find((piece) => piece.end >= end)?.at;
    },
  };
}
