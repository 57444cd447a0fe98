import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";

/** What the lab needs from the kernel, in the order in which it is tried. Each is a step that is known to fail somewhere. */
const namespaceSteps = [
  "tools", // unshare itself
  "create", // unshare(2)
  "uid-map", // writing /proc/self/uid_map: where AppArmor stops it
  "proc",
  "scratch",
  "loopback",
  "bridge",
  "tap",
  "join",
] as const;

export type NamespaceStep = (typeof namespaceSteps)[number];

/** How far one user came. */
export interface NamespaceTrial {
  uid: number;
  /** The step that failed; absent when all went well. */
  failed?: NamespaceStep;
  /** What the failing command said. */
  said?: string;
  /** Only after "create" failed: a user namespace alone can be made, so one of the others is refused. */
  userAlone?: boolean;
}

/** The unprivileged user that root tries it as: `nobody`, by number, because names differ. */
const ordinaryUid = 65534;

/** What `unshare` is given for the namespaces of a lab; `--mount-proc` because a PID namespace needs its own /proc. */
export const namespaceFlags: readonly string[] = [
  "--user",
  "--map-root-user",
  "--net",
  "--pid",
  "--mount",
  "--mount-proc",
  "--fork",
  "--kill-child=KILL",
];

/** Each step announces itself before it is tried, so that the last word is the one that failed. */
const script = `set -e
echo step scratch; mount -t tmpfs -o mode=0700 dryboot /dev/shm
echo step loopback; ip link set lo up
echo step bridge; ip link add name lab0 type bridge stp_state 0
echo step tap; ip tuntap add dev tap0 mode tap
echo step join; ip link set tap0 master lab0; ip link set tap0 up
echo step done`;

/**
 * Makes a lab's namespaces for real, up to a tap on a bridge, and drops them again. Nothing short of that counts: on
 * Ubuntu 24.04 the namespace is created and then worth nothing, in containers everything works but the tap.
 */
export async function tryNamespaces(options: {
  signal: AbortSignal;
  /** Give up root for it. Only root can. */
  asOrdinaryUser?: boolean;
}): Promise<NamespaceTrial> {
  const { signal, asOrdinaryUser = false } = options;
  const uid = asOrdinaryUser ? ordinaryUid : (process.getuid?.() ?? 0);
  const attempt = (args: readonly string[]) => tryCommand(asOrdinaryUser ? demoted(args) : args, signal);
  const lines = await attempt(["unshare", ...namespaceFlags, "--", "sh", "-c", script]);
  const trial = readTrial(uid, lines);
  if (trial.failed !== "create") return trial;
  const alone = await attempt(["unshare", "--user", "--map-root-user", "--", "echo", "step done"]);
  return { ...trial, userAlone: alone.includes("step done") };
}

/** The wish to die with the parent is lost when the user changes (prctl(2)), so it is made again behind the change. */
function demoted(args: readonly string[]): string[] {
  const user = ["--reuid", `${ordinaryUid}`, "--regid", `${ordinaryUid}`, "--clear-groups"];
  return ["setpriv", ...user, "--", "setpriv", "--pdeathsig", "KILL", "--", ...args];
}

async function tryCommand([file = "", ...args]: readonly string[], signal: AbortSignal): Promise<string[]> {
  const lines: string[] = [];
  try {
    // Somewhere else than here: an ordinary user may not enter root's checkout.
    await run(file, args, { signal, cwd: "/", timeoutMs: 10_000, onLine: (line) => lines.push(line) });
  } catch (error) {
    if (!(error instanceof DrybootError)) throw error;
    // It said nothing itself: then how it ended is all there is.
    const ended = /(did not end within|was ended by) .*/.exec(error.message)?.[0] ?? "could not be started";
    if (lines.every((line) => line.startsWith("step "))) lines.push(`\`${file}\` ${ended}`);
  }
  return lines;
}

/** Reads how far it came from what was printed. */
export function readTrial(uid: number, lines: readonly string[]): NamespaceTrial {
  const steps = lines.filter((line) => line.startsWith("step ")).map((line) => line.slice("step ".length));
  const last = steps.at(-1);
  if (last === "done") return { uid };
  const said = lines.findLast((line) => !line.startsWith("step ") && line.trim() !== "") ?? "no reason given";
  const inside = namespaceSteps.find((step) => step === last);
  return { uid, failed: inside ?? failedBefore(said), said };
}

/** Before the script runs, only the words of unshare(1) tell the steps apart. */
function failedBefore(said: string): NamespaceStep {
  if (/uid_map|gid_map|setgroups/.test(said)) return "uid-map";
  if (/mount.*\/proc/.test(said)) return "proc";
  if (/unshare failed/.test(said)) return "create";
  return "tools";
}
