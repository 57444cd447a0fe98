import { describe, expect, test } from "vitest";
import { run } from "./child.ts";

describe("running a command", () => {
  test("returns what it printed", async () => expect(await run("echo", ["a", "b"])).toBe("a b"));

  test("hands over lines of both streams as they come", async () => {
    const lines: string[] = [];
    await run("sh", ["-c", "echo out; echo err >&2"], { onLine: (line) => lines.push(line) });
    expect(lines.sort()).toEqual(["err", "out"]);
  });

  test("fails with its status and its last words", async () => {
    await expect(run("sh", ["-c", "echo no space >&2; exit 3"], { hint: "make room" })).rejects.toMatchObject(
      {
        name: "DrybootError",
        code: "COMMAND_FAILED",
        hint: "make room",
        message: expect.stringMatching(/ended with 3:\n {4}no space/),
      },
    );
  });

  test("is stopped by its deadline and by its signal", async () => {
    await expect(run("sleep", ["9"], { timeoutMs: 50 })).rejects.toThrow(/did not end within 50 ms/);
    await expect(run("sleep", ["9"], { signal: AbortSignal.timeout(50) })).rejects.toThrow(
      /aborted|timeout/i,
    );
  });
});
