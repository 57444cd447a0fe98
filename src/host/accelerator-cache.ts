import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import type { AcceleratorVerdict, DeviceState, ProbedQemu } from "./accelerator-verdict.ts";

const guestRun = z.object({
  outcome: z.enum(["finished", "crashed", "stopped", "deadline", "refused"]),
  tookMs: z.number(),
  stages: z.string(),
  said: z.string(),
});

const kept = z.object({
  key: z.string(),
  verdict: z.object({
    verdict: z.enum(["usable", "slow", "broken", "absent"]),
    cause: z.enum([
      "works",
      "slower",
      "crashed",
      "deadline",
      "no-device",
      "denied",
      "dead-device",
      "not-built",
    ]),
    reason: z.string(),
    use: z.enum(["kvm", "tcg"]),
    guestsRun: z.boolean(),
    tookMs: z.number(),
    evidence: z.object({
      device: z.string(),
      deviceState: z.enum(["open", "absent", "denied", "dead"]),
      builtIn: z.boolean(),
      tcg: guestRun,
      kvm: guestRun.exactOptional(),
      tookMs: z.number(),
    }),
  }),
});

/**
 * What a verdict holds for: one boot of the host (a kernel or module change needs another), one QEMU, one user, and
 * the device as it was found.
 */
async function keyOf(qemu: ProbedQemu, deviceState: DeviceState): Promise<string> {
  const bootId = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "unknown boot");
  const parts = [bootId.trim(), qemu.path, qemu.versionText, qemu.digest, process.getuid?.(), deviceState];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

function fileOf(store: string): string {
  return join(store, "doctor", "accelerator.json");
}

/** The verdict kept for just these circumstances; undefined when there is none that can be read. */
export async function readVerdict(
  store: string,
  qemu: ProbedQemu,
  deviceState: DeviceState,
): Promise<AcceleratorVerdict | undefined> {
  try {
    const parsed = kept.parse(JSON.parse(await readFile(fileOf(store), "utf8")));
    return parsed.key === (await keyOf(qemu, deviceState)) ? parsed.verdict : undefined;
  } catch {
    return undefined; // never written, half written, or written by another version: all mend by asking again
  }
}

/** Keeps a verdict. A store that cannot be written to costs the next command a second, and is no reason to fail. */
export async function writeVerdict(
  store: string,
  qemu: ProbedQemu,
  verdict: AcceleratorVerdict,
): Promise<void> {
  // A guest that did not run under TCG either was starved or worse: nothing to rely on later.
  if (verdict.evidence.tcg.outcome !== "finished") return;
  const file = fileOf(store);
  const key = await keyOf(qemu, verdict.evidence.deviceState);
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(unfinished, `${JSON.stringify({ key, verdict })}\n`);
    await rename(unfinished, file);
  } catch {
    await rm(unfinished, { force: true }).catch(() => {});
  }
}
