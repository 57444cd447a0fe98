import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockStore } from "./store-lock.ts";

describe("the lock of a store", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-lock-"));
    file = join(folder, "deep/lock");
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("is held by one at a time, and the next is told that it waits", async () => {
    const order: string[] = [];
    const first = await lockStore(file);
    let waits = () => {};
    const waiting = new Promise<void>((resolve) => {
      waits = resolve;
    });
    const second = lockStore(file, { onWait: () => waits() }).then((lock) => {
      order.push("second");
      return lock;
    });
    await waiting;
    order.push("first done");
    await first[Symbol.asyncDispose]();
    await (await second)[Symbol.asyncDispose]();
    expect(order).toEqual(["first done", "second"]);
  });

  test("is gone with a process that was killed", async () => {
    const code = `
      const { lockStore } = await import(${JSON.stringify(join(import.meta.dirname, "store-lock.ts"))});
      await lockStore(${JSON.stringify(file)});
      console.log("held");
      setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ["--input-type=module", "--eval", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(other.stdout, "data");
    other.kill("SIGKILL");
    await using _lock = await lockStore(file, { signal: AbortSignal.timeout(5000) });
  });

  test("is waited for no longer than the signal allows", async () => {
    await using _held = await lockStore(file);
    await expect(lockStore(file, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/i);
  });

  test("cannot be had where no folder can be made, and says so", async () => {
    await writeFile(join(folder, "a-file"), "");
    await expect(lockStore(join(folder, "a-file/lock"))).rejects.toMatchObject({
      code: "STORE_NOT_WRITABLE",
    });
  });
});
