import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DrybootError } from "../src/core/errors.ts";
import { startPeer } from "./peer.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-peer-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const shell = (script: string) => ["sh", "-c", script];
const options = (sign = /ready/) => ({
  sign,
  log: join(folder, "peer.log"),
  signal: new AbortController().signal,
});

describe("somebody else's server", () => {
  test("is there once it has said so, and gone once it is disposed of", async () => {
    const peer = await startPeer(shell("echo starting; echo ready >&2; exec sleep 60"), options());
    expect(isAlive(peer.pid)).toBe(true);
    await peer[Symbol.asyncDispose]();
    expect(isAlive(peer.pid)).toBe(false);
    await expect.poll(() => readFile(join(folder, "peer.log"), "utf8")).toBe("starting\nready\n");
  });

  test("that ignores being asked is killed", async () => {
    const peer = await startPeer(shell("trap '' TERM; echo ready; while :; do sleep 1; done"), options());
    await peer[Symbol.asyncDispose]();
    expect(isAlive(peer.pid)).toBe(false);
  });

  test("that ends at once fails with its own last words", async () => {
    const error = await startPeer(shell("echo 'no such option: fast' >&2; exit 1"), options()).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(DrybootError);
    expect(error).toMatchObject({ code: "PEER_NOT_STARTED", evidence: ["no such option: fast"] });
  });

  test("that is not installed fails too", async () => {
    await expect(startPeer(["dryboot-no-such-program"], options())).rejects.toThrow("ended before");
  });

  test("is not started for a run that has been stopped, and not waited for either", async () => {
    await expect(
      startPeer(shell("echo ready; exec sleep 60"), { ...options(), signal: AbortSignal.abort() }),
    ).rejects.toThrow("aborted");
    const stopping = new AbortController();
    const starting = startPeer(shell("exec sleep 60"), { ...options(), signal: stopping.signal });
    stopping.abort();
    await expect(starting).rejects.toThrow("aborted");
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
