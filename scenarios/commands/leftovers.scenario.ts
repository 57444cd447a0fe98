import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { storeFolder } from "../../src/core/folders.ts";
import { DrybootProcess } from "../../src/test/dryboot-process.ts";
import { hostState, processesWith } from "../../src/test/leftovers.ts";

const marker = "DRYBOOT_LEFTOVERS_TEST";

/** Starts a boot that can be told from everything else on this machine, and notes what was there before. */
async function setUp(args: readonly string[]) {
  const scratch = await mkdtemp(join(tmpdir(), "dryboot-leftovers-"));
  const id = randomUUID();
  const before = await hostState();
  const store = await readdir(storeFolder(), { recursive: true });
  const running = DrybootProcess.start(["boot", ...args, "--reports", join(scratch, "reports")], {
    env: { [marker]: id, TMPDIR: join(scratch), DRYBOOT_SCENARIO_HOST: undefined },
  });
  onTestFinished(async () => {
    await running[Symbol.asyncDispose]();
    await rm(scratch, { recursive: true, force: true });
  });
  return {
    running,
    processes: () => processesWith(marker, id),
    /** The kernel ends a namespace's processes in a moment, not at once: looked at until nothing is left. */
    async expectNothingLeft() {
      const until = performance.now() + 5000;
      while ((await processesWith(marker, id)).length > 0 && performance.now() < until) await sleep(50);
      expect(await processesWith(marker, id)).toEqual([]);
      expect(await hostState()).toEqual(before);
      expect(await readdir(scratch)).toEqual(["reports"]);
      expect(await readdir(storeFolder(), { recursive: true })).toEqual(store);
    },
  };
}

describe("nothing is left behind: no process, interface, socket, mount or temporary file", () => {
  test("after a boot that came up", async () => {
    const { running, expectNothingLeft } = await setUp(["quickstart"]);
    expect(await running.ended).toMatchObject({ code: 0 });
    expect(running.stdout).toContain("node1 is ready");
    await expectNothingLeft();
  });

  test("after a boot that failed", async () => {
    const { running, expectNothingLeft } = await setUp(["scenarios/sites/silent.json"]);
    expect(await running.ended).toMatchObject({ code: 1 });
    expect(running.stderr).toContain("[BOOT_DHCP_SILENT]");
    await expectNothingLeft();
  });

  test("after Ctrl-C in the middle of a boot", async () => {
    const { running, processes, expectNothingLeft } = await setUp(["quickstart"]);
    await running.shows(/HTTP 200 images\/rescue\/vmlinuz/, 60_000);
    expect((await processes()).filter(({ command }) => command.includes("qemu-system"))).not.toEqual([]);
    running.interrupt();
    expect(await running.ended).toMatchObject({ code: 130 });
    await expectNothingLeft();
  });

  test("after kill -9 of the outermost process", async () => {
    const { running, processes, expectNothingLeft } = await setUp(["quickstart"]);
    await running.shows(/HTTP 200 images\/rescue\/vmlinuz/, 60_000);
    expect((await processes()).filter(({ command }) => command.includes("qemu-system"))).not.toEqual([]);
    running.kill("SIGKILL");
    expect(await running.ended).toMatchObject({ signal: "SIGKILL" });
    await expectNothingLeft();
  });
});
