import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { controlSocketName, startControl } from "./control.ts";
import { askServer, requireNoServer } from "./control-client.ts";
import type { LogEntry } from "./log-entry.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-control-"));
});
afterEach(() => rm(folder, { recursive: true }));

const { signal } = new AbortController();
const entry = (seq: number): LogEntry => ({ time: "", seq, at: 0, type: "ndp.solicited", from: "fe80::1" });

function startServer(flushLog = () => Promise.resolve()) {
  const followers = new Set<(entry: LogEntry) => void>();
  const status = () => ({ pid: 4711 });
  const assign = async (machine: string, change: unknown) => ({
    problem: `${machine} ${JSON.stringify(change)}`,
    hint: "",
  });
  const subscribe = (follower: (entry: LogEntry) => void) => {
    followers.add(follower);
    return { [Symbol.dispose]: () => void followers.delete(follower) };
  };
  const tell = (told: LogEntry) => followers.forEach((follower) => void follower(told));
  const at = { time: "", seq: 7, at: 0 };
  const reload = async () => {
    tell(entry(6));
    tell({ ...at, type: "serve.reloaded", changes: ["image node"] });
  };
  const deps = { status, assign, reload, flushLog, subscribe };
  return { started: startControl(join(folder, controlSocketName), deps), followers, tell };
}

async function linesFrom(lines: AsyncIterable<string> | undefined, most = Infinity): Promise<unknown[]> {
  const seen: unknown[] = [];
  for await (const line of lines ?? []) {
    seen.push(JSON.parse(line));
    if (seen.length >= most) break;
  }
  return seen;
}

describe("the control socket", () => {
  test("is for our user alone, and tells the status", async () => {
    await using _server = await startServer().started;
    expect((await stat(join(folder, controlSocketName))).mode & 0o777).toBe(0o600);
    expect(await linesFrom(await askServer(folder, { ask: "status" }, signal))).toEqual([{ pid: 4711 }]);
  });

  test("has the site read again, and tells what came of it and nothing else", async () => {
    const server = startServer();
    await using _started = await server.started;
    expect(await linesFrom(await askServer(folder, { ask: "reload" }, signal))).toMatchObject([
      { type: "serve.reloaded", changes: ["image node"] },
    ]);
    expect(server.followers.size).toBe(0);
  });

  test("is gone with the server; who asks then learns that none runs", async () => {
    const server = await startServer().started;
    await server[Symbol.asyncDispose]();
    expect(await askServer(folder, { ask: "status" }, signal)).toBeUndefined();
    await requireNoServer(folder, signal);
  });

  test("of a server that was killed is taken over, of one that runs is not", async () => {
    await writeFile(join(folder, controlSocketName), "");
    await requireNoServer(folder, signal);
    await using _server = await startServer().started;
    await expect(requireNoServer(folder, signal)).rejects.toMatchObject({
      code: "ALREADY_SERVING",
      where: `process 4711, ${folder}`,
    });
  });

  test("answers a follower once the files are complete, then entry by entry, missing none between", async () => {
    let flushed = () => {};
    const flushing = new Promise<void>((resolve) => {
      flushed = resolve;
    });
    const { started, followers, tell } = startServer(() => flushing);
    await using _server = await started;
    const lines = await askServer(folder, { ask: "log", follow: true }, signal);
    await expect.poll(() => followers.size).toBe(1);
    tell(entry(1));
    flushed();
    const seen = linesFrom(lines, 3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    tell(entry(2));
    expect(await seen).toMatchObject([{}, { seq: 1 }, { seq: 2 }]);
    await expect.poll(() => followers.size).toBe(0); // who left is not told any more
  });

  test("ends a follower's lines when the server stops", async () => {
    const { started } = startServer();
    const server = await started;
    const seen = linesFrom(await askServer(folder, { ask: "log", follow: true }, signal));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server[Symbol.asyncDispose]();
    expect(await seen).toEqual([{}]);
  });

  test.each([
    ["no JSON", "status\n"],
    ["an unknown question", '{"ask":"shutdown"}\n'],
    ["a line without end", "x".repeat(100_000)],
  ])("refuses %s", async (_, request) => {
    await using _server = await startServer().started;
    const socket = createConnection(join(folder, controlSocketName));
    socket.on("error", () => {});
    socket.write(request);
    const said = await text(socket).catch(() => "");
    expect(["", '{"error":"no request of ours"}\n']).toContain(said);
    expect(await linesFrom(await askServer(folder, { ask: "status" }, signal))).toHaveLength(1);
  });
});
