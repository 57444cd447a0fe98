import { formatDuration } from "../core/units.ts";
import { guestStages } from "./probe-guest.ts";
import type { Qemu } from "./qemu.ts";

/** What is to be known of a QEMU to judge it: what a verdict depends on. */
export type ProbedQemu = Pick<Qemu, "path" | "versionText" | "digest"> & {
  readonly features: Pick<Qemu["features"], "kvm">;
};

/** How one run of the probe's guest went. */
export interface GuestRun {
  /** `stopped`: QEMU halted the guest after an error of the accelerator. `refused`: QEMU ended before the guest ran. */
  outcome: "finished" | "crashed" | "stopped" | "deadline" | "refused";
  /** From letting the guest go to its end. */
  tookMs: number;
  /** What it wrote of `guestStages`. */
  stages: string;
  /** The line of QEMU's that says most, if it said anything. */
  said: string;
}

export type DeviceState = "open" | "absent" | "denied" | "dead";

/** All that the verdict is judged from. */
export interface AcceleratorEvidence {
  device: string;
  deviceState: DeviceState;
  /** Whether this QEMU was built with KVM. */
  builtIn: boolean;
  tcg: GuestRun;
  kvm?: GuestRun;
  tookMs: number;
}

/** What guests on this machine are run with, and why. */
export interface AcceleratorVerdict {
  verdict: "usable" | "slow" | "broken" | "absent";
  /** Stable; the doctor chooses the mend by it. */
  cause: "works" | "slower" | "crashed" | "deadline" | "no-device" | "denied" | "dead-device" | "not-built";
  /** One sentence without its full stop. */
  reason: string;
  use: "kvm" | "tcg";
  /** Whether guests run at all, with `use`. */
  guestsRun: boolean;
  /** What the probe cost. */
  tookMs: number;
  evidence: AcceleratorEvidence;
}

export function judgeAccelerator(evidence: AcceleratorEvidence): AcceleratorVerdict {
  const { tcg, kvm, tookMs } = evidence;
  const judged = judgeKvm(evidence);
  const use = judged.verdict === "usable" ? "kvm" : "tcg";
  const guestsRun = (use === "kvm" ? kvm : tcg)?.outcome === "finished";
  return { ...judged, use, guestsRun, tookMs, evidence };
}

type Judged = Pick<AcceleratorVerdict, "verdict" | "cause" | "reason">;

function judgeKvm({ device, deviceState, builtIn, tcg, kvm }: AcceleratorEvidence): Judged {
  if (!builtIn) return { verdict: "absent", cause: "not-built", reason: "this QEMU was built without KVM" };
  if (deviceState === "absent")
    return { verdict: "absent", cause: "no-device", reason: `there is no ${device}` };
  if (deviceState === "denied")
    return {
      verdict: "absent",
      cause: "denied",
      reason: `${device} is there, but this user may not open it`,
    };
  if (deviceState === "dead" || kvm === undefined)
    return { verdict: "broken", cause: "dead-device", reason: `${device} is there, but does not open` };
  if (kvm.outcome !== "finished") {
    const cause = kvm.outcome === "deadline" ? "deadline" : "crashed";
    return { verdict: "broken", cause, reason: `its device opens, but a small guest ${howItFailed(kvm)}` };
  }
  const times = `${formatDuration(kvm.tookMs)} with KVM, ${formatDuration(tcg.tookMs)} without`;
  if (tcg.outcome === "finished" && kvm.tookMs > tcg.tookMs)
    return { verdict: "slow", cause: "slower", reason: `a small guest took ${times}` };
  return { verdict: "usable", cause: "works", reason: `a small guest took ${times}` };
}

const stageNames = ["in the firmware", "in real mode", "in 64-bit mode", "after its work"];

function howItFailed(run: GuestRun): string {
  const place = stageNames[Math.min(run.stages.length, guestStages.length)] ?? "";
  const said = run.said === "" ? "" : ` (${run.said})`;
  switch (run.outcome) {
    case "deadline":
      return `was still ${place} after ${formatDuration(run.tookMs)}${said}`;
    case "stopped":
      return `was stopped by an internal error ${place}${said}`;
    case "refused":
      return `could not be started${said}`;
    case "crashed":
      return `took QEMU down ${place}${said}`;
    case "finished":
      return "finished";
  }
}
