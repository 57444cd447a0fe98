import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";

/** Commands as a person would meet them: one waits for the signal, one ignores it, one writes without end. */
const script = `
import { runAsProcess } from ${JSON.stringify(join(import.meta.dirname, "process-shell.ts"))};
const entry = (name, main) => ({ name, summary: "", load: async () => ({ name, summary: "", usage: () => "", main }) });
const alive = () => setInterval(() => {}, 1000);
await runAsProcess([
  entry("wait", (_, terminal, signal) => new Promise((_, reject) => {
    const timer = alive();
    signal.addEventListener("abort", () => { clearInterval(timer); reject(signal.reason); });
    terminal.out("ready");
  })),
  entry("reload", (_, terminal, signal) => new Promise((resolve) => {
    process.on("SIGHUP", () => terminal.out("reloaded"));
    const timer = alive();
    signal.addEventListener("abort", () => { clearInterval(timer); resolve(0); });
    terminal.out("ready");
  })),
  entry("stubborn", (_, terminal) => { alive(); terminal.out("ready"); return new Promise(() => {}); }),
  entry("leak", async (_, terminal) => { alive(); terminal.out("ready"); return 3; }),
  entry("talk", async (_, terminal, signal) => {
    while (!signal.aborted) { terminal.out("y".repeat(1000)); await new Promise(setImmediate); }
    return 0;
  }),
  entry("crash", (_, terminal) => { setTimeout(() => { throw new Error("from a timer"); }); alive(); return new Promise(() => {}); }),
]);`;

function start(command: string) {
  const args = ["--input-type=module", "--eval", script, "--", "main.ts", command];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit") as Promise<[code: number | null, signal: string | null]>;
  return { child, exit, stderr: text(child.stderr), ready: () => once(child.stdout, "data") };
}

describe("the process", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "ends with 130 and no words after %s",
    async (signal) => {
      const { child, exit, stderr, ready } = start("wait");
      await ready();
      child.kill(signal);
      expect([(await exit)[0], await stderr]).toEqual([130, ""]);
    },
  );

  test("leaves a hangup to a command that listens for it", async () => {
    const { child, exit, ready } = start("reload");
    await ready();
    child.kill("SIGHUP");
    expect(String((await ready())[0])).toBe("reloaded\n");
    child.kill("SIGTERM");
    expect((await exit)[0]).toBe(0);
  });

  test("takes the two interrupts of one keypress for one, and a second keypress for impatience", async () => {
    const { child, exit, ready } = start("stubborn");
    await ready();
    child.kill("SIGINT");
    await sleep(50);
    child.kill("SIGINT");
    await sleep(400);
    expect(child.exitCode).toBeNull();
    child.kill("SIGINT");
    expect((await exit)[0]).toBe(130);
  });

  test("is not kept alive by a handle that someone forgot", async () => {
    expect((await start("leak").exit)[0]).toBe(3);
  });

  test("ends quietly, after cleaning up, when nobody reads it any more", async () => {
    const { child, exit, stderr, ready } = start("talk");
    await ready();
    child.stdout.destroy();
    expect([(await exit)[0], await stderr]).toEqual([141, ""]);
  });

  test("shows the stack of an error that nobody awaited", async () => {
    const { exit, stderr } = start("crash");
    expect((await exit)[0]).toBe(1);
    expect(await stderr).toMatch(/^bug: Error: from a timer\n\s+at /);
  });
});
