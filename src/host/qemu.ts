import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import type { QemuFeatures } from "./qemu-features.ts";
import { askFeatures } from "./qemu-features.ts";

export type QemuVersion = readonly [major: number, minor: number, micro: number];

/** The QEMU the lab starts, and what it said of itself. */
export interface Qemu {
  path: string;
  version: QemuVersion;
  /** With the distribution's own suffix: `7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)`. */
  versionText: string;
  /** SHA-256 of the binary: two builds of one version count as two. */
  digest: string;
  features: QemuFeatures;
}

/**
 * The oldest we accept: what Ubuntu 22.04 carries. Older ones are in no distribution that still gets security fixes,
 * and below 6.0 there is no `-action`, which the lab's last look at a guest that shut down depends on.
 */
export const oldestVersion: QemuVersion = [6, 2, 0];

/** Red Hat's family keeps it out of the path, under another name. */
const fallbackPaths = ["/usr/libexec/qemu-kvm"];

/** Finds QEMU for 64-bit PCs and asks it what it can do. */
export async function findQemu(options: { signal: AbortSignal; env?: NodeJS.ProcessEnv }): Promise<Qemu> {
  const { signal, env = process.env } = options;
  const path = await findBinary(env);
  if (path === undefined) throw qemuMissing();
  const [text, digest] = await Promise.all([askVersion(path, signal), sha256(path, signal)]);
  const { version, versionText } = parseVersion(text, path);
  if (isOlder(version, oldestVersion)) throw qemuTooOld(path, versionText);
  const features = await askFeatures(path, signal);
  const lacking = missingFeatures(features);
  if (lacking.length > 0) throw qemuIncomplete(path, lacking);
  return { path, version, versionText, digest, features };
}

async function findBinary(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { PATH = "" } = env;
  const inPath = PATH.split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "qemu-system-x86_64"));
  for (const path of [...inPath, ...fallbackPaths]) {
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return path;
  }
  return undefined;
}

function askVersion(path: string, signal: AbortSignal): Promise<string> {
  return run(path, ["-version"], {
    signal,
    timeoutMs: 5000,
    hint: "QEMU does not start at all: install it again, for example with `./dryboot setup`",
  });
}

/** `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)`; a number that is missing counts as 0. */
export function parseVersion(text: string, path: string): Pick<Qemu, "version" | "versionText"> {
  const [, versionText, major, minor, micro = "0"] =
    /version ((\d+)\.(\d+)(?:\.(\d+))?[^\n]*)/.exec(text) ?? [];
  if (versionText === undefined) {
    throw new DrybootError(`\`${path} -version\` did not name a version`, {
      code: "QEMU_MISSING",
      where: path,
      hint: "this is not QEMU: put the real one first in PATH, or install it with `./dryboot setup`",
      exitCode: 2,
    });
  }
  return { version: [Number(major), Number(minor), Number(micro)], versionText: versionText.trim() };
}

export function isOlder(version: QemuVersion, than: QemuVersion): boolean {
  const differing = [0, 1, 2].find((part) => version[part] !== than[part]);
  return differing !== undefined && (version[differing] ?? 0) < (than[differing] ?? 0);
}

/** What no boot can do without, in QEMU's own names. Everything else in the features has a way round. */
export function missingFeatures(features: QemuFeatures): string[] {
  const needed: readonly [keyof QemuFeatures, string][] = [
    ["pc", "machine pc"],
    ["q35", "machine q35"],
    ["virtioNet", "device virtio-net-pci"],
    ["debugExit", "device isa-debug-exit"],
    ["tapNetdev", "netdev tap"],
    ["tcg", "accelerator tcg"],
    ["shutdownAction", "option -action"],
  ];
  return needed.filter(([feature]) => !features[feature]).map(([, name]) => name);
}

async function sha256(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}

const setupHint = "run `./dryboot setup`, which installs it";

function qemuMissing(): DrybootError {
  return new DrybootError("QEMU for 64-bit PCs is not installed", {
    code: "QEMU_MISSING",
    where: "qemu-system-x86_64 in PATH",
    hint: setupHint,
    exitCode: 2,
  });
}

function qemuTooOld(path: string, versionText: string): DrybootError {
  return new DrybootError(
    `QEMU ${versionText} is too old: dryboot needs ${oldestVersion.join(".")} or later`,
    {
      code: "QEMU_TOO_OLD",
      where: path,
      hint: "upgrade the distribution, or put a newer qemu-system-x86_64 first in PATH",
      exitCode: 2,
    },
  );
}

function qemuIncomplete(path: string, lacking: readonly string[]): DrybootError {
  return new DrybootError(`this QEMU was built without ${lacking.join(", ")}`, {
    code: "QEMU_INCOMPLETE",
    where: path,
    hint: "install the distribution's full qemu-system-x86 package (`./dryboot setup` shows which)",
    exitCode: 2,
  });
}
