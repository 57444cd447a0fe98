import { access, constants, readFile, stat, statfs } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";

/** A folder we write to, whether or not it exists yet. */
export interface FolderRoom {
  path: string;
  /** The folder itself, or the nearest one above it that exists. */
  nearest: string;
  freeBytes: number;
  writable: boolean;
}

export interface Processor {
  /** What this process may use, which in a container is less than what there is. */
  cores: number;
  /** The flag of hardware virtualisation, where the processor shows it. */
  virtualisation?: "vmx" | "svm";
  /** Whether this machine is itself a guest. */
  isGuest: boolean;
}

export interface Resources {
  /** What can be had without swapping, within the limits of a container. */
  availableMemoryBytes: number;
  processor: Processor;
  store: FolderRoom;
  reports: FolderRoom;
}

export async function measureResources(folders: { store: string; reports: string }): Promise<Resources> {
  const [cpuinfo, store, reports] = await Promise.all([
    readFile("/proc/cpuinfo", "utf8").catch(() => ""),
    measureFolder(folders.store),
    measureFolder(folders.reports),
  ]);
  const processor = { cores: availableParallelism(), ...readProcessor(cpuinfo) };
  return { availableMemoryBytes: process.availableMemory(), processor, store, reports };
}

/** Reads the flags of /proc/cpuinfo. */
export function readProcessor(cpuinfo: string): Omit<Processor, "cores"> {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(" "));
  const virtualisation = (["vmx", "svm"] as const).find((flag) => flags.has(flag));
  return { isGuest: flags.has("hypervisor"), ...(virtualisation && { virtualisation }) };
}

async function measureFolder(path: string): Promise<FolderRoom> {
  const nearest = await nearestFolder(path);
  const [room, writable] = await Promise.all([
    statfs(nearest).catch(() => undefined),
    access(nearest, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ),
  ]);
  // `bavail`, not `bfree`: some blocks are root's alone.
  return { path, nearest, freeBytes: room === undefined ? 0 : room.bavail * room.bsize, writable };
}

async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true || dirname(path) === path ? path : nearestFolder(dirname(path));
}
