import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../../core/folders.ts";
import type { TrustedKeys } from "./apk-signature.ts";

/** What Alpine calls the processors there are keys for. */
export type AlpineArch = "x86_64" | "aarch64";

/** The keys that sign Alpine's repositories for one processor; an index or package of another key is refused. */
export function alpineKeys(arch: AlpineArch): TrustedKeys {
  return keysIn(join(alpineKeyFolder, arch));
}

/** Public keys, a PEM file each, one folder for each processor. */
export const alpineKeyFolder = join(projectFolder, "vm-images/alpine/keys");

function keysIn(folder: string): TrustedKeys {
  const names = readdirSync(folder).filter((name) => name.endsWith(".rsa.pub"));
  return new Map(names.toSorted().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}
