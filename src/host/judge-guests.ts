import { DrybootError } from "../core/errors.ts";
import type { AcceleratorVerdict } from "./accelerator-verdict.ts";
import type { Examination } from "./doctor.ts";
import type { Verdict } from "./verdict.ts";
import { asRoot } from "./verdict.ts";

const setup = "./dryboot setup";

/** What QEMU can lack and a boot can do without, and what is lost then. */
const lesserFeatures = [
  ["pngScreendump", "PNG screenshots", "pictures of the screen are kept as PPM, a hundred times larger"],
  ["virtioRng", "virtio-rng", "network boot with UEFI firmware of 2024 and later"],
] as const;

export function judgeQemu({ qemu }: Pick<Examination, "qemu">): Verdict {
  const about = { id: "qemu", title: "QEMU" };
  if (qemu instanceof DrybootError) {
    const [mend] = /`(\.\/dryboot setup)`/.exec(qemu.hint)?.slice(1) ?? [qemu.hint];
    return {
      ...about,
      verdict: "missing",
      says: qemu.message,
      disables: "every boot",
      mend: mend ?? qemu.hint,
      stopsBoots: true,
    };
  }
  const says = `${qemu.versionText}, ${qemu.path}`;
  const lost = lesserFeatures.filter(([feature]) => !qemu.features[feature]);
  if (lost.length === 0) return { ...about, verdict: "good", says };
  return {
    ...about,
    verdict: "limited",
    says: `${says}, built without ${lost.map(([, name]) => name).join(" and ")}`,
    disables: lost.map(([, , loss]) => loss).join("; "),
    mend: "install the distribution's full qemu-system-x86 package",
  };
}

export function judgeAcceleration(examination: Examination): Verdict {
  const about = { id: "accelerator", title: "Accelerator" };
  const { accelerator } = examination;
  if (accelerator === undefined) {
    return {
      ...about,
      verdict: "missing",
      says: "not tried, for want of a usable QEMU",
      disables: "every boot",
      mend: setup,
      stopsBoots: true,
    };
  }
  if (!accelerator.guestsRun) {
    const { tcg } = accelerator.evidence;
    return {
      ...about,
      verdict: "missing",
      says: `not even QEMU's own emulation (TCG) runs a small guest: ${tcg.said || tcg.outcome}`,
      disables: "every boot",
      mend: "./dryboot doctor --refresh (when the machine is less busy; then reinstall QEMU)",
      stopsBoots: true,
    };
  }
  if (accelerator.use === "kvm")
    return { ...about, verdict: "good", says: `KVM is usable: ${accelerator.reason}` };
  // The device is there, so "absent" would send the reader to the wrong place.
  const state = accelerator.cause === "denied" ? "out of reach" : accelerator.verdict;
  return {
    ...about,
    verdict: "limited",
    says: `KVM is ${state}: ${accelerator.reason}`,
    disables: "hardware speed; guests run in software (TCG), slower but right",
    mend: mendKvm(accelerator, examination),
  };
}

const nested =
  "turn nested virtualisation on at the host this VM runs on, then run `./dryboot doctor --refresh`";

function mendKvm({ cause, evidence }: AcceleratorVerdict, examination: Examination): string {
  const { uid, resources } = examination;
  const { virtualisation, isGuest } = resources.processor;
  switch (cause) {
    case "not-built":
      return "install the distribution's own QEMU package instead of this build";
    case "denied":
      return mendPermission(evidence.device, examination);
    case "no-device":
    case "dead-device":
      if (examination.namespaces.settings.inContainer) return `docker run --device ${evidence.device} ...`;
      if (virtualisation !== undefined) return asRoot(`modprobe ${modules[virtualisation]}`, uid);
      return isGuest ? nested : "turn virtualisation (VT-x, AMD-V) on in this machine's firmware setup";
    case "crashed":
    case "deadline":
    case "slower":
    case "works":
      // A processor that hides its virtualisation is one that somebody else's hypervisor shows us.
      return isGuest || virtualisation === undefined
        ? nested
        : "update kernel and QEMU, then run `./dryboot doctor --refresh`";
  }
}

const modules = { vmx: "kvm_intel", svm: "kvm_amd" } as const;

/** Joining the device's group helps only where the group may open it. */
function mendPermission(device: string, { uid, user, kvmNode }: Examination): string {
  const groupMay = kvmNode !== undefined && (kvmNode.mode & 0o060) === 0o060 && kvmNode.group !== "root";
  return groupMay
    ? `${asRoot(`usermod -aG ${kvmNode.group} ${user}`, uid)} (then log in again)`
    : asRoot(`chmod 0666 ${device}`, uid);
}
