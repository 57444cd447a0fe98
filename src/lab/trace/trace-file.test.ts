import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readZip } from "../../core/read-zip.ts";
import { TraceFile } from "./trace-file.ts";

const header = { format: "dryboot-trace", version: 1, began: "2026-11-21T12:00:00.000Z", about: {} } as const;

async function opened(path?: string) {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-trace-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path ?? join(folder, "trace.dryboot.zip");
  const cuts: string[] = [];
  return { file, cuts, trace: await TraceFile.open(file, header, (reason) => cuts.push(reason)) };
}

const names = (bytes: Uint8Array) => readZip(bytes).files.map(({ name }) => name);

test("a trace has its header first, facts in parts, and each thing once", async () => {
  const { file, trace } = await opened();
  trace.fact('{"seq":0}');
  const digest = trace.blob(Buffer.from("a picture"));
  expect(trace.blob(Buffer.from("a picture"))).toBe(digest);
  trace.fact('{"seq":1}');
  await trace[Symbol.asyncDispose]();
  const { files, problem } = readZip(await readFile(file));
  expect(problem).toBeUndefined();
  expect(files.map(({ name }) => name)).toEqual(["trace.json", `blobs/${digest}`, "facts.ndjson/000001"]);
  expect(String(files.at(-1)?.read())).toBe('{"seq":0}\n{"seq":1}\n');
});

test("what happened is in the file before it is closed: its writer may be killed", async () => {
  const { file, trace } = await opened();
  trace.fact('{"seq":0}');
  await expect.poll(async () => names(await readFile(file))).toEqual(["trace.json", "facts.ndjson/000001"]);
  expect(readZip(await readFile(file)).problem).toMatch(/without a directory/);
  await trace[Symbol.asyncDispose]();
});

test("what is gathered elsewhere is asked for before anything is written", async () => {
  const { file, trace } = await opened();
  trace.beforeFlush(() => trace.part("packets/node1.pcapng", Buffer.from("frames")));
  await trace[Symbol.asyncDispose]();
  expect(names(await readFile(file))).toEqual(["trace.json", "packets/node1.pcapng/000001"]);
});

test("a full disk ends the trace, says so once, and nothing else", async () => {
  const { trace, cuts } = await opened("/dev/full");
  for (let at = 0; at < 3; at += 1) {
    trace.part("noise", Buffer.from(`part ${at}`));
    trace.fact(`{"seq":${at}}`);
  }
  await trace[Symbol.asyncDispose]();
  expect(cuts).toEqual([expect.stringContaining("ENOSPC")]);
});
