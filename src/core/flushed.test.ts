import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { flushed } from "./flushed.ts";

describe("waiting until output is out", () => {
  test("lasts until a slow reader has taken everything", async () => {
    const taken: string[] = [];
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        setTimeout(() => {
          taken.push(chunk.toString());
          done();
        }, 20);
      },
    });
    for (const word of ["one", "two", "three"]) slow.write(word);
    await flushed(slow);
    expect(taken.filter((word) => word !== "")).toEqual(["one", "two", "three"]);
  });

  test("does not last for a stream that is gone", async () => {
    const gone = new PassThrough().on("error", () => {});
    gone.destroy();
    await flushed(gone);
    expect(gone.destroyed).toBe(true);
  });
});
