import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { DrybootError } from "../core/errors.ts";

/** A module file, and the modules that must be loaded before it. */
export interface KernelModule {
  name: string;
  path: string;
  bytes: Uint8Array;
}

/**
 * The modules `names` and all they depend on, in the order in which they can be loaded. `folder` is a kernel package's
 * `lib/modules/<release>`. What depends on what stands in the files themselves: a package that was never installed has
 * no `modules.dep`, which only depmod writes.
 */
export async function modulesInLoadOrder(folder: string, names: readonly string[]): Promise<KernelModule[]> {
  const files = await moduleFiles(folder);
  const ordered = new Map<string, KernelModule>();
  const visit = async (name: string): Promise<void> => {
    if (ordered.has(name)) return;
    const path = files.get(name);
    if (path === undefined) throw noModule(name, folder);
    const bytes = await readFile(path);
    for (const dependency of moduleDependencies(bytes)) await visit(dependency);
    ordered.set(name, { name, path, bytes });
  };
  for (const name of names) await visit(canonicalModule(name));
  return [...ordered.values()];
}

/** The names in the field `depends` of a module. */
export function moduleDependencies(bytes: Uint8Array): string[] {
  const [depends = ""] = moduleFields(bytes, "depends");
  return depends
    .split(",")
    .filter((name) => name !== "")
    .map(canonicalModule);
}

/** The values of a field of a module's `.modinfo` section, a run of NUL-ended `key=value` strings. */
export function moduleFields(bytes: Uint8Array, field: string): string[] {
  const section = elfSection(bytes, ".modinfo");
  if (section === undefined) return [];
  const begin = `${field}=`;
  return Buffer.from(section)
    .toString("latin1")
    .split("\0")
    .flatMap((text) => (text.startsWith(begin) ? [text.slice(begin.length)] : []));
}

/** The content of a section of a 64-bit little-endian ELF file (gABI, "Sections"); undefined when it has none of this name. */
function elfSection(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const elf = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (elf.length < 64 || elf.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") return undefined;
  const table = Number(elf.readBigUInt64LE(0x28)); // e_shoff
  const entryBytes = elf.readUInt16LE(0x3a); // e_shentsize
  const section = (index: number) => {
    const at = table + index * entryBytes;
    const offset = Number(elf.readBigUInt64LE(at + 0x18)); // sh_offset
    return {
      name: elf.readUInt32LE(at),
      bytes: elf.subarray(offset, offset + Number(elf.readBigUInt64LE(at + 0x20))),
    };
  };
  const names = section(elf.readUInt16LE(0x3e)).bytes; // e_shstrndx
  for (let index = 0; index < elf.readUInt16LE(0x3c); index += 1) {
    const found = section(index);
    if (names.toString("latin1", found.name, names.indexOf(0, found.name)) === name) return found.bytes;
  }
  return undefined;
}

async function moduleFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const file of await readdir(folder, { recursive: true })) {
    if (file.endsWith(".ko")) files.set(canonicalModule(basename(file, ".ko")), join(folder, file));
  }
  return files;
}

/** The kernel takes `-` and `_` in a module's name for the same. */
export function canonicalModule(name: string): string {
  return name.replaceAll("-", "_");
}

function noModule(name: string, folder: string): DrybootError {
  return new DrybootError(`this kernel has no module ${name}`, {
    code: "IMAGE_NO_MODULE",
    where: folder,
    hint: "the kernel package has changed: report it, and build with the one you had (its files are still in the store)",
  });
}
