import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { formatSize } from "../core/units.ts";
import { packCpio } from "./cpio.ts";

/** Files of processors' makers, or folders of them as distributions install them (`intel-ucode`, `amd-ucode`). */
export type MicrocodePlaces = Readonly<{ intel?: string | undefined; amd?: string | undefined }>;

/** By maker: where the kernel looks, and how a file of theirs begins (Documentation/arch/x86/microcode.rst). */
const makers = {
  intel: { name: "Intel", file: "GenuineIntel.bin", begins: "01000000" }, // header version 1
  amd: { name: "AMD", file: "AuthenticAMD.bin", begins: "444d4100" }, // "DMA\0", the container's magic
} as const;

/** All that either of them ever published is a tenth of it. */
const mostBytes = 256 * 2 ** 20;

/**
 * The archive that stands in front of an initramfs, unpacked: the kernel reads it before it can unpack anything. Of each
 * maker all files one behind the other, in the order of their names. Undefined where there is none.
 */
export function microcodeArchive(places: MicrocodePlaces): Uint8Array | undefined {
  const entries = (["intel", "amd"] as const).flatMap((maker) => {
    const place = places[maker];
    if (place === undefined) return [];
    const path = `kernel/x86/microcode/${makers[maker].file}`;
    return [{ type: "file" as const, path, bytes: contentOf(maker, place) }];
  });
  return entries.length === 0 ? undefined : packCpio(entries);
}

function contentOf(maker: keyof typeof makers, place: string): Uint8Array {
  const { name, begins } = makers[maker];
  const files = filesIn(place);
  const contents = files.map((file) => {
    const { size } = statSync(file);
    if (size > mostBytes) throw noMicrocode(file, `has ${formatSize(size)}`);
    const bytes = readFileSync(file);
    if (bytes.subarray(0, 4).toString("hex") === begins) return bytes;
    throw noMicrocode(file, `does not begin as ${name}'s microcode does`);
  });
  if (contents.length > 0) return Buffer.concat(contents);
  throw noMicrocode(place, "holds no files");
}

/** Signatures lie beside AMD's files (`.asc`), and a README beside either. */
function filesIn(place: string): string[] {
  try {
    if (!statSync(place).isDirectory()) return [place];
    const names = readdirSync(place, { withFileTypes: true }).filter((entry) => entry.isFile());
    return names
      .map((entry) => entry.name)
      .filter((name) => !/\.(asc|txt|md)$|^README/i.test(name))
      .toSorted()
      .map((name) => join(place, name));
  } catch (cause) {
    throw noMicrocode(place, "cannot be read", cause);
  }
}

function noMicrocode(where: string, problem: string, cause?: unknown): DrybootError {
  return new DrybootError(`the microcode ${problem}`, {
    code: "MICROCODE_UNUSABLE",
    where,
    hint: "name a file of the processor's maker, or the folder intel-ucode or amd-ucode of its package",
    exitCode: 2,
    ...(cause === undefined ? {} : { cause }),
  });
}
