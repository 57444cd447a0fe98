import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { accelerator } from "./accelerator.ts";
import type { AcceleratorVerdict } from "./accelerator-verdict.ts";
import type { Firmware } from "./firmware.ts";
import { findFirmware } from "./firmware.ts";
import { judgeFirmware } from "./judge-firmware.ts";
import { judgeAcceleration, judgeQemu } from "./judge-guests.ts";
import { judgeNamespaces, judgeTun } from "./judge-isolation.ts";
import { judgeResources } from "./judge-resources.ts";
import { judgeTools, optionalTools } from "./judge-tools.ts";
import type { NamespaceSettings } from "./namespace-causes.ts";
import { readNamespaceSettings } from "./namespace-causes.ts";
import type { NamespaceTrial } from "./namespaces.ts";
import { tryNamespaces } from "./namespaces.ts";
import type { Need } from "./packages.ts";
import { hostFiles, missingNeeds } from "./packages.ts";
import type { Qemu } from "./qemu.ts";
import { findQemu } from "./qemu.ts";
import type { Resources } from "./resources.ts";
import { measureResources } from "./resources.ts";
import type { TunDevice } from "./tun.ts";
import { probeTun } from "./tun.ts";
import type { Verdict } from "./verdict.ts";

/** Who may open a device node, besides its owner. */
export interface DeviceNode {
  mode: number;
  group: string;
}

/** All that was found out about this machine, before anything is made of it. */
export interface Examination {
  uid: number;
  user: string;
  qemu: Qemu | DrybootError;
  /** Absent without a QEMU to try it with. */
  accelerator?: AcceleratorVerdict;
  kvmNode?: DeviceNode;
  tun: TunDevice;
  namespaces: { own: NamespaceTrial; ordinary?: NamespaceTrial; settings: NamespaceSettings };
  firmware: Firmware;
  resources: Resources;
  missingNeeds: readonly Need[];
  /** Programs that are not there, of those that are nice to have. */
  missingOptional: readonly string[];
}

export interface ExamineOptions {
  store: string;
  reports: string;
  signal: AbortSignal;
  /** Probe the accelerator anew. */
  refresh?: boolean;
}

/** Finds out what this machine can do, by trying. Changes nothing on it, and takes a second or two. */
export async function examine(options: ExamineOptions): Promise<Examination> {
  const { signal } = options;
  const uid = process.getuid?.() ?? 0;
  const qemu = await findQemu({ signal }).catch((error: unknown) => {
    if (error instanceof DrybootError) return error;
    throw error;
  });
  const found = qemu instanceof DrybootError ? undefined : qemu;
  // By itself, before the others: what runs beside it would slow the guest down and spoil the verdict.
  const acceleration = found && (await accelerator(found, options));
  const [kvmNode, tun, own, ordinary, settings, firmware, resources, missingOptional] = await Promise.all([
    lookAtNode("/dev/kvm"),
    probeTun(),
    tryNamespaces({ signal }),
    uid === 0 ? tryNamespaces({ signal, asOrdinaryUser: true }) : undefined,
    readNamespaceSettings(),
    findFirmware({ signal, ...(found && { qemuPath: found.path }) }),
    measureResources(options),
    findMissingPrograms(Object.keys(optionalTools)),
  ]);
  return {
    uid,
    user: userName(uid),
    qemu,
    ...(acceleration && { accelerator: acceleration }),
    ...(kvmNode && { kvmNode }),
    tun,
    namespaces: { own, settings, ...(ordinary && { ordinary }) },
    firmware,
    resources,
    missingNeeds: missingNeeds(hostFiles()),
    missingOptional,
  };
}

/** Every verdict, in the order in which a person would mend things. */
export function judge(examination: Examination): Verdict[] {
  return [
    judgeQemu(examination),
    judgeAcceleration(examination),
    ...judgeFirmware(examination),
    judgeTun(examination),
    ...judgeNamespaces(examination),
    ...judgeResources(examination),
    ...judgeTools(examination),
  ];
}

/** Asked of the user database: `USER` goes on naming whoever started sudo or setpriv. */
function userName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid); // a user without an entry, as in many containers
  }
}

async function lookAtNode(path: string): Promise<DeviceNode | undefined> {
  const node = await stat(path).catch(() => undefined);
  if (node === undefined) return undefined;
  const groups = await readFile("/etc/group", "utf8").catch(() => "");
  const group = groups.split("\n").find((line) => line.split(":")[2] === String(node.gid));
  return { mode: node.mode & 0o777, group: group?.split(":")[0] ?? String(node.gid) };
}

async function findMissingPrograms(names: readonly string[]): Promise<string[]> {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"].filter(Boolean);
  const missing: string[] = [];
  for (const name of names) {
    const tries = folders.map((folder) => access(join(folder, name), constants.X_OK));
    await Promise.any(tries).catch(() => missing.push(name));
  }
  return missing;
}
