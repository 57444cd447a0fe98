import { constants } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readVerdict, writeVerdict } from "./accelerator-cache.ts";
import type { AcceleratorVerdict, DeviceState, GuestRun, ProbedQemu } from "./accelerator-verdict.ts";
import { judgeAccelerator } from "./accelerator-verdict.ts";
import type { GuestDescriptors } from "./probe-guest.ts";
import { guestDevices, guestExitCode, guestSector, guestStages } from "./probe-guest.ts";
import type { QemuEnd } from "./qemu-monitor.ts";
import { QemuMonitor } from "./qemu-monitor.ts";

/** The processor a guest is given: the lab's machines use these, so the probe must. */
export const cpuModels = { kvm: "host", tcg: "qemu64" } as const;

/** A guest takes 0.1 s under TCG on an idle machine, and up to this on a crowded one. */
const tcgDeadlineMs = 6000;
/** KVM is called broken when it needs this many times what TCG took, within these bounds. */
const kvmPatience = { factor: 10, leastMs: 1500, mostMs: 4000 };

/**
 * Whether guests run better with KVM, found by running one. That its device opens and that QMP calls it present and
 * enabled proves nothing: there are machines where both hold and no guest survives its firmware.
 * The verdict is kept for this boot of the host and this QEMU; `refresh` asks anew.
 */
export async function accelerator(
  qemu: ProbedQemu,
  options: { store: string; signal: AbortSignal; refresh?: boolean; device?: string },
): Promise<AcceleratorVerdict> {
  const { store, signal, refresh = false, device = "/dev/kvm" } = options;
  const began = performance.now();
  // Looked at each time, kept verdict or not: joining the group kvm takes no reboot.
  const deviceState = await stateOf(device);
  const kept = refresh ? undefined : await readVerdict(store, qemu, deviceState);
  if (kept !== undefined) return kept;

  const tcg = await runGuest(qemu.path, "tcg", tcgDeadlineMs, signal);
  const tries = deviceState === "open" && qemu.features.kvm;
  const kvm = tries ? await runGuest(qemu.path, "kvm", kvmDeadlineMs(tcg), signal) : undefined;
  const tookMs = Math.round(performance.now() - began);
  const builtIn = qemu.features.kvm;
  const verdict = judgeAccelerator({ device, deviceState, builtIn, tcg, ...(kvm && { kvm }), tookMs });
  await writeVerdict(store, qemu, verdict);
  return verdict;
}

/** Opened as QEMU will: a container's device rules deny what the mode bits allow. */
async function stateOf(device: string): Promise<DeviceState> {
  try {
    await using _handle = await open(device, constants.O_RDWR);
    return "open";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "absent";
    return code === "EACCES" || code === "EPERM" ? "denied" : "dead";
  }
}

function kvmDeadlineMs(tcg: GuestRun): number {
  const { factor, leastMs, mostMs } = kvmPatience;
  return Math.min(mostMs, Math.max(leastMs, factor * tcg.tookMs));
}

/** As QEMU numbers what it inherits, after its three standard streams. */
const inherited: GuestDescriptors = { sectorForReading: 3, sectorForBoth: 4, stagesForWriting: 5 };

/** Runs the guest once, to its end or to the deadline. Whatever goes wrong with it is the result, not an error. */
async function runGuest(
  path: string,
  accelerated: "kvm" | "tcg",
  deadlineMs: number,
  signal: AbortSignal,
): Promise<GuestRun> {
  await using sector = await namelessFile(guestSector());
  await using stages = await namelessFile(new Uint8Array());
  const run = await watch(
    path,
    [
      ...["-M", "pc", "-accel", accelerated, "-cpu", cpuModels[accelerated], "-m", "32M", "-S"],
      ...["-nodefaults", "-no-user-config", "-display", "none"],
      ...guestDevices(inherited),
    ],
    { signal, deadlineMs, descriptors: [sector.forReading.fd, sector.forBoth.fd, stages.forWriting.fd] },
  );
  const said = (await stages.forBoth.readFile("latin1")).slice(0, guestStages.length);
  // The right exit code without the right words would be somebody else's guest.
  const outcome = run.outcome === "finished" && said !== guestStages ? "crashed" : run.outcome;
  return { ...run, outcome, stages: said };
}

/** A file that lives only as long as it is open: not even `kill -9` leaves it behind. */
async function namelessFile(bytes: Uint8Array) {
  await using handles = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "dryboot-probe-"));
  try {
    const name = join(folder, "file");
    await writeFile(name, bytes);
    const forReading = handles.use(await open(name, constants.O_RDONLY));
    const forBoth = handles.use(await open(name, constants.O_RDWR));
    const forWriting = handles.use(await open(name, constants.O_WRONLY));
    const kept = handles.move();
    return { forReading, forBoth, forWriting, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function watch(
  path: string,
  args: readonly string[],
  options: { signal: AbortSignal; deadlineMs: number; descriptors: readonly number[] },
): Promise<Omit<GuestRun, "stages">> {
  const { signal, deadlineMs, descriptors } = options;
  const over = new AbortController();
  const started = performance.now();
  let monitor: QemuMonitor;
  try {
    monitor = await QemuMonitor.start(path, args, { signal, startMs: deadlineMs, descriptors });
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error ? tellingLine(error.message) : "";
    return { outcome: "refused", tookMs: since(started), said };
  }
  try {
    const released = performance.now();
    // QEMU may be gone before it answers; then `ended` says so.
    monitor.execute("cont").catch(() => {});
    const first = await Promise.race([
      monitor.ended,
      monitor.stopped.then(() => "stopped" as const),
      sleep(deadlineMs, "deadline" as const, { signal: AbortSignal.any([signal, over.signal]) }),
    ]);
    const tookMs = since(released);
    await monitor[Symbol.asyncDispose]();
    const end = await monitor.ended;
    const outcome = typeof first === "string" ? first : outcomeOf(first);
    return { outcome, tookMs, said: outcome === "finished" ? "" : tellingLine(end.said) };
  } finally {
    over.abort();
    await monitor[Symbol.asyncDispose]();
  }
}

function outcomeOf({ code }: QemuEnd): "finished" | "crashed" {
  return code === guestExitCode ? "finished" : "crashed";
}

/** Of all that QEMU wrote, the line that names the error; warnings about processor features are many and say little. */
export function tellingLine(said: string): string {
  const lines = said
    .split("\n")
    .map((line) => line.trim().replace(/^\S*qemu\S*: (?:error: )?/, ""))
    .filter((line) => line !== "" && !line.startsWith("warning:"));
  return lines.find((line) => /error|fail|abort|assert/i.test(line)) ?? lines[0] ?? "";
}

function since(began: number): number {
  return Math.round(performance.now() - began);
}
