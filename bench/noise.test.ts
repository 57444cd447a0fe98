import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { measureNoise, processCpuMs, readCpuTicks, readProcessCpuMs, stolenShare } from "./noise.ts";

describe("what else the machine was doing", () => {
  test("stolen time is the eighth figure, and guests' time is not counted twice", () => {
    const stat = "cpu  100 20 30 400 5 6 7 32 50 9\ncpu0 1 1 1 1 1 1 1 1 1 1\nintr 5\n";
    expect(readCpuTicks(stat)).toEqual({ stolen: 32, all: 600 });
  });

  test("is a share of the time between two looks", () => {
    const before = { load: 0, stolen: 10, all: 1000 };
    expect(stolenShare(before, { load: 0, stolen: 30, all: 1400 })).toBe(5);
    expect(stolenShare(before, before)).toBe(0);
  });

  test("can be read on this machine", async () => {
    const noise = await measureNoise();
    expect(noise.all).toBeGreaterThan(0);
    expect(noise.stolen).toBeGreaterThanOrEqual(0);
  });
});

describe("a process's own time", () => {
  test("is user and system time, whatever the process calls itself", () => {
    const rest = "S 1 1 1 0 -1 4194560 9 0 0 0 125 75 40 30 20 0 3 0 1000";
    expect(readProcessCpuMs(`4711 (a) (b 12 13) ${rest}`)).toBe(2000);
  });

  test("grows while it works", async () => {
    const busy = spawn(process.execPath, ["--eval", "for (;;);"], { stdio: "ignore" });
    try {
      await once(busy, "spawn");
      await expect.poll(() => processCpuMs(busy.pid ?? 0), { timeout: 10_000 }).toBeGreaterThan(50);
    } finally {
      busy.kill("SIGKILL");
    }
  });
});
