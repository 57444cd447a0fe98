import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { zipEntry } from "../core/zip.ts";
import { asciicastOf } from "./export/asciicast.ts";
import { chromeTraceOf } from "./export/chrome.ts";
import { junitOf } from "./export/junit.ts";
import { loadTrace, readTrace } from "./read-trace.ts";

const header = {
  ...{ format: "dryboot-trace", version: 1, began: "2026-11-21T12:00:00.000Z" },
  about: { site: "quickstart", machine: { name: "node1", mac: "52:54:00:69:00:0a" } },
};
const from = "10.69.0.10";
const facts = [
  { seq: 0, at: 0, type: "lab.opened", site: "quickstart", folder: "x" },
  { seq: 1, at: 100, type: "vm.powered-on", machine: "node1", lane: "bios-pxe" },
  { seq: 2, at: 150, type: "step.started", step: "it is switched on <now>" },
  { seq: 3, at: 1100, type: "console.output", machine: "node1", text: "caf\u00c3" },
  { seq: 4, at: 1600, type: "console.output", machine: "node1", text: "\u00a9" },
  {
    ...{ seq: 5, at: 2000, type: "http.sent", id: 1, from, method: "GET", path: "boot.ipxe" },
    ...{ status: 200, sizeBytes: 10, durationMs: 5 },
  },
  {
    seq: 6,
    at: 2500,
    type: "step.failed",
    step: "it is switched on <now>",
    error: "it \u0007 stopped\nthere",
  },
];

/** A trace of a run that was killed: entries, and no directory. */
function trace(entries: readonly (readonly [string, string])[]): Buffer {
  let bytes = Buffer.alloc(0);
  for (const [name, content] of entries) {
    bytes = Buffer.concat([bytes, zipEntry(name, Buffer.from(content), bytes.length).bytes]);
  }
  return bytes;
}
const lines = (some: readonly unknown[]) => some.map((fact) => `${JSON.stringify(fact)}\n`).join("");
const killed = trace([
  ["trace.json", JSON.stringify(header)],
  ["facts.ndjson/000001", lines(facts.slice(0, 3))],
  ["packets/node1.pcapng/000001", "first "],
  ["facts.ndjson/000002", lines(facts.slice(3))],
  ["packets/node1.pcapng/000002", "second"],
]);

describe("a trace", () => {
  test("of a run that was killed has what was written until then, in its order, and says what is missing", () => {
    const read = readTrace(killed);
    expect(read.facts).toEqual(facts);
    expect(read.problems).toEqual([expect.stringMatching(/killed/)]);
    expect(read.captured).toEqual(["node1"]);
    expect(String(read.packets("node1"))).toBe("first second");
    expect(read.packets("node2")).toBeUndefined();
  });

  test("of another program, or of none, is refused", async () => {
    expect(() => readTrace(trace([["readme.txt", "hello"]]))).toThrow(DecodeError);
    const folder = await mkdtemp(join(tmpdir(), "dryboot-trace-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await expect(loadTrace(folder)).rejects.toMatchObject({ code: "TRACE_UNREADABLE" });
    await writeFile(join(folder, "trace.dryboot.zip"), "no zip");
    await expect(loadTrace(folder)).rejects.toMatchObject({ code: "NOT_A_TRACE" });
  });

  test("of a later version is read as far as it goes, and lines that are no facts are left out", () => {
    const later = trace([
      ["trace.json", JSON.stringify({ ...header, version: 9 })],
      ["facts.ndjson/000001", `${lines(facts.slice(0, 1))}{"seq"\n[]\n`],
    ]);
    const { facts: read, problems } = readTrace(later);
    expect(read).toHaveLength(1);
    expect(problems).toEqual([
      expect.stringMatching(/killed/),
      expect.stringMatching(/version 9/),
      "2 of its lines are no facts",
    ]);
  });
});

describe("a trace in other programs' words", () => {
  const read = readTrace(killed);

  test("is a console with its times, relative as asciicast v3 has them, characters whole", () => {
    const [first = "", ...rest] = asciicastOf(read, "node1").trimEnd().split("\n");
    expect(JSON.parse(first)).toMatchObject({ version: 3, term: { cols: 80 }, timestamp: 1_795_262_400 });
    expect(rest.map((line) => JSON.parse(line) as unknown)).toEqual([
      [1.1, "o", "caf"],
      [0.5, "o", "é"],
    ]);
  });

  test("is spans of phases and requests for Chrome, in microseconds", () => {
    const { traceEvents } = chromeTraceOf(read);
    expect(traceEvents).toContainEqual(
      expect.objectContaining({ name: "200 boot.ipxe", ph: "X", ts: 1_995_000, dur: 5000 }),
    );
    expect(traceEvents).toContainEqual(expect.objectContaining({ cat: "phases", name: "power-on", pid: 1 }));
  });

  test("is steps for JUnit, whatever a guest's words hold", () => {
    const xml = junitOf(read);
    expect(xml).toContain('tests="1" failures="1"');
    expect(xml).toContain('name="it is switched on &lt;now&gt;" time="2.350"');
    expect(xml).toContain('<failure message="it ? stopped">');
  });
});
