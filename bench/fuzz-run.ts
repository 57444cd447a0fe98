import { mutants } from "../src/core/mutants.fixture.ts";
import type { FuzzTarget } from "./fuzz-targets.ts";
import { isRefusal } from "./fuzz-targets.ts";

/** What became of many inputs to one parser. */
export type FuzzResult = Readonly<{
  inputs: number;
  /** Read without a complaint, and refused as it should be. */
  read: number;
  refused: number;
  /** The first few that did anything else, with what they threw. */
  bugs: readonly Readonly<{ input: string; error: string }>[];
  bugCount: number;
  elapsedMs: number;
  slowestMs: number;
  slowestInput: string;
}>;

const bugsShown = 3;

/** Feeds a parser real input with a few bytes changed: the same ones every time. */
export async function fuzz(target: FuzzTarget, inputs: number): Promise<FuzzResult> {
  const bugs: { input: string; error: string }[] = [];
  let [read, refused, bugCount, slowestMs] = [0, 0, 0, 0];
  let slowest = new Uint8Array();
  const began = performance.now();
  for (const bytes of target.made?.(inputs) ?? mutants(target.originals, inputs)) {
    const before = performance.now();
    try {
      await target.read(bytes);
      read += 1;
    } catch (error) {
      if (isRefusal(target, error)) refused += 1;
      else {
        bugCount += 1;
        if (bugs.length < bugsShown) bugs.push({ input: hex(bytes), error: String(error) });
      }
    }
    const tookMs = performance.now() - before;
    if (tookMs <= slowestMs) continue;
    slowestMs = tookMs;
    slowest = bytes.slice();
  }
  const elapsedMs = performance.now() - began;
  return { inputs, read, refused, bugs, bugCount, elapsedMs, slowestMs, slowestInput: hex(slowest) };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
