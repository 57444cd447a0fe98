import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { accelerator, tellingLine } from "./accelerator.ts";
import type { AcceleratorEvidence, GuestRun } from "./accelerator-verdict.ts";
import { judgeAccelerator } from "./accelerator-verdict.ts";

const signal = new AbortController().signal;
const finished = (tookMs: number): GuestRun => ({ outcome: "finished", tookMs, stages: "123", said: "" });

describe("the verdict on an accelerator", () => {
  const evidence: AcceleratorEvidence = {
    device: "/dev/kvm",
    deviceState: "open",
    builtIn: true,
    tcg: finished(120),
    kvm: finished(60),
    tookMs: 200,
  };
  const { kvm: _, ...untried } = evidence;

  test.each<[string, AcceleratorEvidence, string, "kvm" | "tcg", RegExp]>([
    ["a guest that gains", evidence, "usable works", "kvm", /60 ms with KVM, 120 ms without/],
    ["a guest that loses", { ...evidence, kvm: finished(900) }, "slow slower", "tcg", /900 ms with KVM/],
    [
      "an internal error",
      {
        ...evidence,
        kvm: { outcome: "stopped", tookMs: 9, stages: "1", said: "KVM internal error. Suberror: 1" },
      },
      "broken crashed",
      "tcg",
      /internal error in real mode \(KVM internal error. Suberror: 1\)/,
    ],
    [
      "no end in sight",
      { ...evidence, kvm: { outcome: "deadline", tookMs: 4000, stages: "", said: "" } },
      "broken deadline",
      "tcg",
      /still in the firmware after 4.00 s/,
    ],
    [
      "a QEMU that aborts",
      { ...evidence, kvm: { outcome: "refused", tookMs: 30, stages: "", said: "failed to set MSR" } },
      "broken crashed",
      "tcg",
      /could not be started \(failed to set MSR\)/,
    ],
    ["no device", { ...untried, deviceState: "absent" }, "absent no-device", "tcg", /no \/dev\/kvm/],
    ["no permission", { ...untried, deviceState: "denied" }, "absent denied", "tcg", /may not open/],
    ["a device without driver", { ...untried, deviceState: "dead" }, "broken dead-device", "tcg", /not open/],
    ["QEMU without KVM", { ...untried, builtIn: false }, "absent not-built", "tcg", /built without KVM/],
  ])("after %s", (_name, given, verdict, use, reason) => {
    const judged = judgeAccelerator(given);
    expect(`${judged.verdict} ${judged.cause}`).toBe(verdict);
    expect(judged).toMatchObject({ use, guestsRun: true, reason: expect.stringMatching(reason) });
  });

  test("says when guests run with neither", () => {
    const dead: GuestRun = { outcome: "crashed", tookMs: 9, stages: "", said: "illegal instruction" };
    expect(judgeAccelerator({ ...untried, deviceState: "absent", tcg: dead }).guestsRun).toBe(false);
  });
});

describe("QEMU's last words", () => {
  test.each([
    [
      "qemu-system-x86_64: warning: host doesn't support x\nqemu-system-x86_64: error: failed to set MSR 0x10a",
      "failed to set MSR 0x10a",
    ],
    ["KVM internal error. Suberror: 1\nEAX=00000000 EBX=0", "KVM internal error. Suberror: 1"],
    ["", ""],
  ])("of %j: %j", (said, line) => expect(tellingLine(said)).toBe(line));
});

describe("probing an accelerator", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Greets and negotiates as QEMU does; what follows `cont` differs between the accelerators. */
  async function fakeQemu(behaviour: { tcg: string; kvm: string }) {
    const path = join(folder, "qemu");
    await writeFile(
      path,
      `#!/bin/sh
      echo started >> ${folder}/starts
      echo '{"QMP": {}}'; read -r ask; echo '{"return": {}}'; read -r ask
      case "$*" in *"-accel tcg"*) ${behaviour.tcg};; *) ${behaviour.kvm};; esac
      `,
    );
    await chmod(path, 0o755);
    await writeFile(join(folder, "kvm"), "");
    return { path, versionText: "0.0.0", digest: behaviour.kvm, features: { kvm: true } };
  }

  const comesThrough = "printf 123 >&5; exit 85";
  const options = () => ({ store: join(folder, "store"), signal, device: join(folder, "kvm") });
  const starts = async () => (await readFile(join(folder, "starts"), "utf8")).split("\n").length - 1;

  test("notices a guest that QEMU stopped", async () => {
    const stops = `echo 'KVM internal error. Suberror: 1' >&2; echo '{"event": "STOP"}'; exec sleep 60`;
    const verdict = await accelerator(await fakeQemu({ tcg: comesThrough, kvm: stops }), options());
    expect(verdict).toMatchObject({
      verdict: "broken",
      use: "tcg",
      reason: expect.stringMatching(/Suberror: 1/),
    });
  });

  test("gives up on a guest that never ends", async () => {
    const hangs = "printf 12 >&5; exec sleep 60";
    const verdict = await accelerator(await fakeQemu({ tcg: comesThrough, kvm: hangs }), options());
    expect(verdict).toMatchObject({ verdict: "broken", cause: "deadline" });
    expect(verdict.reason).toMatch(/still in 64-bit mode/);
  });

  test("does not believe a guest that ended without its work", async () => {
    const lies = "printf 12 >&5; exit 85";
    const verdict = await accelerator(await fakeQemu({ tcg: comesThrough, kvm: lies }), options());
    expect(verdict).toMatchObject({ verdict: "broken", cause: "crashed" });
  });

  test("is done once, until it is asked for anew or the device changes", async () => {
    const qemu = await fakeQemu({ tcg: comesThrough, kvm: comesThrough });
    const first = await accelerator(qemu, options());
    expect(await accelerator(qemu, options())).toEqual(first);
    expect(await starts()).toBe(2);
    await accelerator(qemu, { ...options(), refresh: true });
    expect(await starts()).toBe(4);
    const gone = await accelerator(qemu, { ...options(), device: join(folder, "nothing") });
    expect(gone).toMatchObject({ verdict: "absent", cause: "no-device" });
  });

  test("asks again when what was kept cannot be read", async () => {
    const qemu = await fakeQemu({ tcg: comesThrough, kvm: comesThrough });
    await accelerator(qemu, options());
    await writeFile(join(folder, "store/doctor/accelerator.json"), '{"key": ');
    expect(await accelerator(qemu, options())).toMatchObject({ guestsRun: true });
    expect(await starts()).toBe(4);
  });

  test("ends at once when it is told to stop", async () => {
    const qemu = await fakeQemu({ tcg: "exec sleep 60", kvm: comesThrough });
    const stopping = accelerator(qemu, { ...options(), signal: AbortSignal.timeout(200) });
    const began = performance.now();
    await expect(stopping).rejects.toThrow(/aborted|timeout/i);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
