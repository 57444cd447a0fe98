import type { Trace, TracedFact } from "../read-trace.ts";

interface Case {
  name: string;
  tookMs: number;
  failure?: string;
}

/** The steps of a run as JUnit's XML; of a run without any, whether each machine came up. */
export function junitOf({ began, about, facts }: Trace): string {
  const steps = stepsOf(facts);
  const cases = steps.length > 0 ? steps : bootsOf(facts);
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const name = typeof about["scenario"] === "string" ? about["scenario"] : String(about["site"] ?? "dryboot");
  const seconds = cases.reduce((sum, { tookMs }) => sum + tookMs, 0) / 1000;
  const suite = [
    `name="${escaped(name)}"`,
    `tests="${cases.length}"`,
    `failures="${failures}"`,
    `time="${seconds.toFixed(3)}"`,
    `timestamp="${escaped(began)}"`,
  ].join(" ");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    `  <testsuite ${suite}>`,
    ...cases.flatMap((each) => testcase(each, name)),
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

function testcase({ name, tookMs, failure }: Case, suite: string): string[] {
  const attributes = `classname="${escaped(suite)}" name="${escaped(name)}" time="${(tookMs / 1000).toFixed(3)}"`;
  if (failure === undefined) return [`    <testcase ${attributes}/>`];
  const [first = ""] = failure.split("\n");
  return [
    `    <testcase ${attributes}>`,
    `      <failure message="${escaped(first)}">${escaped(failure)}</failure>`,
    "    </testcase>",
  ];
}

/** A step that never ended is one that failed: the run was killed in it. */
function stepsOf(facts: readonly TracedFact[]): Case[] {
  const cases: Case[] = [];
  let open: { step: string; at: number } | undefined;
  for (const fact of facts) {
    if (fact.type === "step.started") open = { step: fact.step, at: fact.at };
    if (fact.type === "step.passed") cases.push({ name: fact.step, tookMs: fact.tookMs });
    if (fact.type === "step.failed") {
      const tookMs = open?.step === fact.step ? fact.at - open.at : 0;
      cases.push({ name: fact.step, tookMs, failure: fact.error });
    }
    if (fact.type === "step.passed" || fact.type === "step.failed") open = undefined;
  }
  const last = facts.at(-1)?.at ?? 0;
  if (open) cases.push({ name: open.step, tookMs: last - open.at, failure: "the run ended in this step" });
  return cases;
}

function bootsOf(facts: readonly TracedFact[]): Case[] {
  return facts.flatMap((fact): Case[] => {
    if (fact.type !== "vm.powered-on") return [];
    const { machine } = fact;
    const ready = facts.find((each) => each.type === "vm.ready" && each.machine === machine);
    const last = facts.findLast((each) => "machine" in each && each.machine === machine) ?? fact;
    const seen = facts.findLast((each) => each.type === "sentinel.seen" && each.machine === machine);
    const why = seen?.type === "sentinel.seen" ? `${seen.sentinel}: ${seen.evidence}` : "it did not come up";
    const name = `${machine} comes up by ${fact.lane}`;
    const tookMs = (ready ?? last).at - fact.at;
    return [ready ? { name, tookMs } : { name, tookMs, failure: why }];
  });
}

/** Also what XML 1.0 has no place for at all (§2.2): a guest's words stand in there. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text
    .replaceAll(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd]/g, "?")
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
