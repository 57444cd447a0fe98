import { access, readFile, stat } from "node:fs/promises";
import type { NamespaceStep, NamespaceTrial } from "./namespaces.ts";
import type { TunDevice } from "./tun.ts";
import { tunTrouble } from "./tun.ts";

/** The settings of a kernel and its surroundings that forbid namespaces. Undefined: this kernel has no such setting. */
export interface NamespaceSettings {
  /** Debian's and Arch's own switch, 0 where it was turned off. */
  unprivilegedUsernsClone?: number;
  maxUserNamespaces?: number;
  maxNetNamespaces?: number;
  maxPidNamespaces?: number;
  /** Ubuntu from 23.10 on: namespaces of programs without a profile get no capabilities. */
  apparmorRestrictsUserns?: number;
  /** 2: a filter decides over system calls, as in most containers. */
  seccompMode?: number;
  /** CLONE_NEWUSER is refused inside a chroot, even to root (user_namespaces(7)). Undefined where we may not look. */
  inChroot?: boolean;
  inContainer: boolean;
  /** CONFIG_USER_NS. */
  kernelHasThem: boolean;
}

export async function readNamespaceSettings(): Promise<NamespaceSettings> {
  const [clone, users, nets, pids, apparmor, status, inChroot, docker, podman, kernelHasThem] =
    await Promise.all([
      sysctl("kernel/unprivileged_userns_clone"),
      sysctl("user/max_user_namespaces"),
      sysctl("user/max_net_namespaces"),
      sysctl("user/max_pid_namespaces"),
      sysctl("kernel/apparmor_restrict_unprivileged_userns"),
      readFile("/proc/self/status", "utf8").catch(() => ""),
      isChroot(),
      exists("/.dockerenv"),
      exists("/run/.containerenv"),
      exists("/proc/self/ns/user"),
    ]);
  const seccomp = /^Seccomp:\s*(\d)/m.exec(status)?.[1];
  return {
    ...(clone !== undefined && { unprivilegedUsernsClone: clone }),
    ...(users !== undefined && { maxUserNamespaces: users }),
    ...(nets !== undefined && { maxNetNamespaces: nets }),
    ...(pids !== undefined && { maxPidNamespaces: pids }),
    ...(apparmor !== undefined && { apparmorRestrictsUserns: apparmor }),
    ...(seccomp !== undefined && { seccompMode: Number(seccomp) }),
    ...(inChroot !== undefined && { inChroot }),
    inContainer: docker || podman,
    kernelHasThem,
  };
}

/** Why a step failed, and the command (as root) that mends it; without a command, what must change from outside. */
export interface NamespaceTrouble {
  why: string;
  mend?: string;
  advice?: string;
}

const steps: Readonly<Record<NamespaceStep, string>> = {
  tools: "starting `unshare`",
  create: "creating the namespaces",
  "uid-map": "mapping the user",
  proc: "mounting /proc",
  scratch: "mounting a private /dev/shm",
  loopback: "bringing the loopback up",
  bridge: "creating a bridge",
  tap: "creating a tap",
  join: "adding the tap to the bridge",
};

/** Finds the setting that made a trial fail; undefined when it did not. */
export function namespaceTrouble(
  trial: NamespaceTrial,
  settings: NamespaceSettings,
  tun: TunDevice,
): NamespaceTrouble | undefined {
  if (trial.failed === undefined) return undefined;
  const { why, ...mend } = causeOf(trial, trial.failed, settings, tun);
  const said = trial.said === undefined ? "" : ` (${trial.said})`;
  return { why: `${steps[trial.failed]} fails: ${why}${said}`, ...mend };
}

function causeOf(
  trial: NamespaceTrial,
  failed: NamespaceStep,
  settings: NamespaceSettings,
  tun: TunDevice,
): NamespaceTrouble {
  switch (failed) {
    case "tools":
      return { why: "a tool of util-linux does not run", advice: "./dryboot setup" };
    case "create":
      return forbiddenToCreate(trial, settings);
    case "uid-map":
    case "loopback":
      // Both need a capability inside: the namespace was made, and AppArmor took them all from it.
      return settings.apparmorRestrictsUserns === 1 ? apparmor : unexplained(settings);
    case "proc":
      return { why: "parts of /proc are masked, as containers do", advice: outOfContainer };
    case "scratch":
      return settings.apparmorRestrictsUserns === 1 ? apparmor : unexplained(settings);
    case "bridge":
      return /not supported|Unknown device type/i.test(trial.said ?? "")
        ? { why: "the kernel's bridge module is not loaded", mend: "modprobe bridge" }
        : missingTool(trial, settings);
    case "tap":
      return tapForbidden(trial, settings, tun);
    case "join":
      return unexplained(settings);
  }
}

const apparmor: NamespaceTrouble = {
  why: "AppArmor takes every capability from user namespaces",
  mend: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
};

const outOfContainer =
  "start the container with `--privileged`, or with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined --device /dev/net/tun`";

/** Sorted from the setting that says no by itself to the suspicion. */
function forbiddenToCreate(trial: NamespaceTrial, settings: NamespaceSettings): NamespaceTrouble {
  const root = trial.uid === 0;
  if (!settings.kernelHasThem)
    return {
      why: "this kernel was built without user namespaces",
      advice: "boot a kernel with CONFIG_USER_NS",
    };
  if (settings.maxUserNamespaces === 0)
    return { why: "user.max_user_namespaces is 0", mend: "sysctl -w user.max_user_namespaces=28633" };
  if (!root && settings.unprivilegedUsernsClone === 0)
    return {
      why: "kernel.unprivileged_userns_clone is 0",
      mend: "sysctl -w kernel.unprivileged_userns_clone=1",
    };
  if (trial.userAlone === true && settings.maxNetNamespaces === 0)
    return { why: "user.max_net_namespaces is 0", mend: "sysctl -w user.max_net_namespaces=28633" };
  if (trial.userAlone === true && settings.maxPidNamespaces === 0)
    return { why: "user.max_pid_namespaces is 0", mend: "sysctl -w user.max_pid_namespaces=28633" };
  if (settings.inChroot === true)
    return { ...chroot, why: "inside a chroot the kernel makes no user namespaces" };
  if (settings.apparmorRestrictsUserns === 1) return apparmor;
  // No filter that could refuse it, and no setting: then only the chroot is left, which not even root may always see.
  const refused = /not permitted/.test(trial.said ?? "");
  if (refused && settings.inChroot === undefined && settings.seccompMode === 0)
    return { ...chroot, why: "most likely this is a chroot, in which the kernel makes no user namespaces" };
  return unexplained(settings);
}

const chroot = {
  advice: "enter the tree with `systemd-nspawn`, or `unshare --mount` and `pivot_root`, instead of `chroot`",
};

function tapForbidden(trial: NamespaceTrial, settings: NamespaceSettings, tun: TunDevice): NamespaceTrouble {
  const trouble = tunTrouble(tun);
  if (trouble !== undefined) return trouble;
  // The device was looked at as root, who may open anything: for anybody else its mode decides.
  if (/^open: (Permission denied|Operation not permitted)/.test(trial.said ?? "") && tun.mode !== "0666")
    return tunTrouble({ ...tun, state: "denied" }) ?? unexplained(settings);
  return missingTool(trial, settings);
}

function missingTool(trial: NamespaceTrial, settings: NamespaceSettings): NamespaceTrouble {
  if (/not found/.test(trial.said ?? "")) return { why: "`ip` is not installed", advice: "./dryboot setup" };
  return unexplained(settings);
}

function unexplained(settings: NamespaceSettings): NamespaceTrouble {
  if (settings.seccompMode === 2 || settings.inContainer)
    return { why: "most likely the container's system call filter", advice: outOfContainer };
  return { why: "no setting we know explains it", advice: "look for the refusal in `journalctl -k`" };
}

async function sysctl(name: string): Promise<number | undefined> {
  const text = await readFile(`/proc/sys/${name}`, "utf8").catch(() => "");
  return /^\d+/.test(text) ? Number(text) : undefined;
}

async function isChroot(): Promise<boolean | undefined> {
  try {
    const [ours, inits] = await Promise.all([stat("/"), stat("/proc/1/root/")]);
    return ours.dev !== inits.dev || ours.ino !== inits.ino;
  } catch {
    return undefined; // only root may look
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
