import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { typeSlowly } from "./typing.ts";

/** A line whose other end takes a key every `everyMs`, echoes it, and has room for a few that it has not taken. */
function firmware(everyMs: number, room: number) {
  const readers = new Set<() => void>();
  const waiting: string[] = [];
  let taken = "";
  const timer = setInterval(() => {
    const key = waiting.shift();
    if (key === undefined) return;
    taken += key;
    for (const reader of readers) reader();
  }, everyMs);
  return {
    taken: () => taken,
    line: {
      write: (bytes: string) => {
        if (waiting.length < room) waiting.push(bytes);
      },
      follow(reader: () => void) {
        readers.add(reader);
        return { [Symbol.dispose]: () => void readers.delete(reader) };
      },
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

test("keys wait for a machine that is slow to take them, and none is lost", async () => {
  using slow = firmware(100, 2);
  await typeSlowly(slow.line, "chain http", new AbortController().signal);
  expect(slow.taken()).toBe("chain http");
});

test("a machine that echoes nothing is typed at all the same", async () => {
  const written: string[] = [];
  const line = {
    write: (bytes: string) => void written.push(bytes),
    follow: () => ({ [Symbol.dispose]() {} }),
  };
  await typeSlowly(line, "ab", new AbortController().signal);
  expect(written).toEqual(["a", "b"]);
});

test("typing ends when the scenario does", async () => {
  const stopping = new AbortController();
  const line = { write: () => {}, follow: () => ({ [Symbol.dispose]() {} }) };
  const typing = typeSlowly(line, "never typed to its end", stopping.signal);
  await sleep(10);
  stopping.abort();
  await expect(typing).rejects.toThrow();
});
