import { readdir, readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { run } from "../core/child.ts";
import { DecodeError, DrybootError } from "../core/errors.ts";
import type { FirmwareFile } from "./firmware-file.ts";
import { readFirmwareFile } from "./firmware-file.ts";
import type { LoaderName, RomName, UefiKind } from "./firmware-places.ts";
import {
  biosPlaces,
  loaderFiles,
  loaderFolders,
  loaderNames,
  placesOfUefi,
  romFolders,
  romNames,
} from "./firmware-places.ts";
import type { RomImage } from "./option-rom.ts";
import { readOptionRom } from "./option-rom.ts";

export interface UefiFirmware {
  /** Shared by all machines, read-only. */
  code: FirmwareFile;
  /** A template: each machine writes to a copy of its own. */
  vars: FirmwareFile;
}

export interface OptionRom extends FirmwareFile {
  images: RomImage[];
}

/** Everything found; what is absent was found nowhere. */
export interface Firmware {
  bios?: FirmwareFile;
  uefi?: UefiFirmware;
  roms: Partial<Record<RomName, OptionRom>>;
  loaders: Partial<Record<LoaderName, FirmwareFile>>;
}

export interface Search {
  signal: AbortSignal;
  /** The QEMU to ask for its own folders; without it, usual ones are taken. */
  qemuPath?: string;
  /** Trees to look through, first come first served: `/`, and folders into which packages were unpacked. */
  roots?: readonly string[];
}

/** Looks for all the firmware and loaders a lab can use. */
export async function findFirmware(search: Search): Promise<Firmware> {
  const folders = await dataFolders(search);
  const [bios, uefi, roms, loaders] = await Promise.all([
    findFirst(biosPlaces, search, folders),
    findUefiIn("uefi", search, folders),
    Promise.all(romNames.map(async (name) => [name, await findRom(name, search, folders)] as const)),
    findLoaders(search),
  ]);
  return {
    ...(bios && { bios: bios.file }),
    ...(uefi && { uefi }),
    roms: present(roms),
    loaders,
  };
}

/** The loaders we serve that this host has. */
export async function findLoaders(search: Search): Promise<Firmware["loaders"]> {
  const found = loaderNames.map(async (name) => [name, await findLoader(name, search)] as const);
  return present(await Promise.all(found));
}

/** A loader, or an error that says how to get it. */
export async function requireLoader(name: LoaderName, search: Search): Promise<FirmwareFile> {
  const found = await findLoader(name, search);
  if (found !== undefined) return found;
  throw firmwareMissing(`the loader ${name} (iPXE) is not installed`, `${loaderFolders[0]}/${name}`);
}

function firmwareMissing(what: string, where: string): DrybootError {
  return new DrybootError(what, {
    code: "FIRMWARE_MISSING",
    where: `looked for ${where} and where other distributions keep it`,
    hint: "run `./dryboot setup`, which installs it",
    exitCode: 2,
  });
}

/** QEMU loads its BIOS and option ROMs from these folders: what lies elsewhere is not what a machine runs. */
async function dataFolders({ qemuPath, signal }: Search): Promise<string[]> {
  const usual = ["/usr/share/qemu", "/usr/local/share/qemu", "/run/current-system/sw/share/qemu"];
  if (qemuPath === undefined) return usual;
  const told = await run(qemuPath, ["-L", "help"], { signal, timeoutMs: 5000 });
  const folders = told.split("\n").filter((line) => line.startsWith("/"));
  const resolved = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  return resolved.length > 0 ? resolved : usual;
}

/** Each place under each root, with QEMU's folders filled in. */
function expand(places: readonly string[], search: Search, folders: readonly string[]): string[] {
  const filled = places.flatMap((place) =>
    place.includes("{data}") ? folders.map((folder) => place.replace("{data}", folder)) : [place],
  );
  return (search.roots ?? ["/"]).flatMap((root) => filled.map((place) => join(root, place)));
}

async function findFirst(places: readonly string[], search: Search, folders: readonly string[] = []) {
  for (const path of expand(places, search, folders)) {
    const found = await readFirmwareFile(path, search.signal);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** SeaBIOS, where QEMU loads it from. */
export async function findBios(search: Search): Promise<FirmwareFile | undefined> {
  return (await findFirst(biosPlaces, search, await dataFolders(search)))?.file;
}

/** UEFI firmware of one kind; only plain 64-bit x86 is also found where no distribution we know keeps it. */
export async function findUefi(kind: UefiKind, search: Search): Promise<UefiFirmware | undefined> {
  return await findUefiIn(kind, search, await dataFolders(search));
}

async function findUefiIn(
  kind: UefiKind,
  search: Search,
  folders: readonly string[],
): Promise<UefiFirmware | undefined> {
  const listed = placesOfUefi[kind].flatMap(([code, vars]) => {
    const codes = expand([code], search, folders);
    const allVars = expand([vars], search, folders);
    return codes.map((path, index) => [path, allVars[index] ?? ""] as const);
  });
  // Descriptors name files of this machine, not of a tree of unpacked packages.
  const isOurs = (search.roots ?? ["/"]).includes("/");
  const described = kind === "uefi" && isOurs ? await describedUefi(folders) : [];
  for (const pair of [...listed, ...described]) {
    const [code, vars] = await Promise.all(pair.map((path) => readFirmwareFile(path, search.signal)));
    if (code && vars) return { code: code.file, vars: vars.file };
  }
  return undefined;
}

/** As much as is needed of QEMU's firmware descriptors (its docs/interop/firmware.json). */
const descriptor = z.object({
  "interface-types": z.array(z.string()),
  mapping: z.object({
    executable: z.object({ filename: z.string(), format: z.literal("raw") }),
    "nvram-template": z.object({ filename: z.string(), format: z.literal("raw") }),
  }),
  targets: z.array(z.object({ architecture: z.string() })),
  features: z.array(z.string()),
});

/** Distributions we do not know describe their firmware to QEMU's tools: plain 64-bit UEFI in raw files is taken. */
async function describedUefi(folders: readonly string[]): Promise<(readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  for (const folder of folders.map((each) => join(each, "firmware"))) {
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
    for (const name of names) {
      const text = await readFile(join(folder, name), "utf8").catch(() => "");
      const pair = readDescriptor(text);
      if (pair !== undefined) found.push(pair);
    }
  }
  return found;
}

/** Code and variables of a descriptor; undefined when it is of another kind, or broken. */
export function readDescriptor(text: string): readonly [string, string] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = descriptor.safeParse(json);
  if (data === undefined || !data["interface-types"].includes("uefi")) return undefined;
  if (!data.targets.some(({ architecture }) => architecture === "x86_64")) return undefined;
  if (data.features.some((feature) => /secure-boot|enrolled-keys|requires-smm/.test(feature)))
    return undefined;
  return [data.mapping.executable.filename, data.mapping["nvram-template"].filename];
}

/** The option ROM QEMU gives a NIC, or the one in a tree of unpacked packages. */
export async function findOptionRom(name: RomName, search: Search): Promise<OptionRom | undefined> {
  return await findRom(name, search, await dataFolders(search));
}

async function findRom(
  name: RomName,
  search: Search,
  folders: readonly string[],
): Promise<OptionRom | undefined> {
  const found = await findFirst(
    romFolders.map((folder) => `${folder}/${name}`),
    search,
    folders,
  );
  if (found === undefined) return undefined;
  try {
    const images = readOptionRom(found.bytes);
    const version = images.find((image) => image.version !== undefined)?.version;
    const file: FirmwareFile = version ? { ...found.file, version, versionFrom: "file" } : found.file;
    return { ...file, images };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ...found.file, images: [] }; // a damaged ROM is found, and holds nothing
  }
}

async function findLoader(name: LoaderName, search: Search): Promise<FirmwareFile | undefined> {
  const places = loaderFolders.flatMap((folder) => loaderFiles[name].map((file) => `${folder}/${file}`));
  return (await findFirst(places, search))?.file;
}

function present<Name extends string, Value>(
  entries: readonly (readonly [Name, Value | undefined])[],
): Partial<Record<Name, Value>> {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<
    Record<Name, Value>
  >;
}
