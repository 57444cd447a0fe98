import { createHash } from "node:crypto";
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { installedIpxe, releaseNamed } from "../boot/known-loaders.ts";
import { publishFolder, syncPath } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import { lockStore } from "../host/store-lock.ts";
import type { IpxeFile } from "./ipxe-file.ts";
import { recogniseIpxe } from "./ipxe-file.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fileName = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/);
const buildName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,30}$/);

/** How dryboot made a build, by which it can be made again. */
const makingSchema = z.strictObject({
  /** The tree's, as it was then. */
  commit: z.string(),
  /** Whether files of the tree differed from the commit. */
  modified: z.boolean(),
  targets: z.array(z.string()),
  options: z.record(z.string(), z.string()),
  embedSha256: sha256.optional(),
  compiler: z.string(),
});
export type IpxeMaking = z.infer<typeof makingSchema>;

/** `build.json`: an iPXE of the user's own in the store. */
const buildSchema = z.strictObject({
  format: z.literal(1),
  name: buildName,
  addedAt: z.iso.datetime(),
  files: z
    .array(
      z.strictObject({
        serve: fileName,
        firmware: z.enum(["bios", "uefi"]),
        cpu: z.enum(["x86", "x64", "ia32", "arm64"]),
        version: z.string().optional(),
        sha256,
        sizeBytes: z.int().min(1),
      }),
    )
    .min(1),
  made: makingSchema.optional(),
});
export type IpxeBuild = z.infer<typeof buildSchema>;

/** The iPXE builds of the user's own in a store: `loaders/ipxe-NAME/`, which appears whole or not at all. */
export class IpxeBuilds {
  readonly #folder: string;

  constructor(store: string) {
    this.#folder = join(store, "loaders");
  }

  /** Those that are there whole; the others are as good as absent. */
  async list(): Promise<IpxeBuild[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const builds = names.toSorted().map(async (name) => await this.find(name.replace(/^ipxe-/, "")));
    return (await Promise.all(builds)).filter((build) => build !== undefined);
  }

  async find(name: string): Promise<IpxeBuild | undefined> {
    if (!buildName.safeParse(name).success) return undefined;
    const text = await readFile(join(this.#folderOf(name), "build.json"), "utf8").catch(() => "null");
    try {
      return buildSchema.safeParse(JSON.parse(text)).data;
    } catch {
      return undefined; // damaged: added again
    }
  }

  /** One of a build's files, verified. */
  async open(
    build: IpxeBuild,
    serve: string,
  ): Promise<{ path: string; sizeBytes: number; sha256: string; version: string } | undefined> {
    const file = build.files.find((one) => one.serve === serve);
    if (!file) return undefined;
    const path = join(this.#folderOf(build.name), file.serve);
    const bytes = await readFile(path).catch(() => new Uint8Array());
    if (digestOf(bytes) !== file.sha256) throw damaged(build.name, path);
    const { sizeBytes, sha256, version = `build ${build.name}` } = file;
    return { path, sizeBytes, sha256, version };
  }

  /** Takes files, or those of a `bin` folder, into the store under a name; a build of that name is replaced. */
  async add(
    name: string,
    paths: readonly string[],
    { made, signal }: { made?: IpxeMaking; signal?: AbortSignal } = {},
  ): Promise<IpxeBuild> {
    checkBuildName(name);
    const found = await filesAt(paths);
    await using _lock = await lockStore(join(this.#folder, ".lock"), signal ? { signal } : {});
    const temporary = await mkdtemp(join(this.#folder, ".adding-"));
    try {
      for (const { serve, bytes } of found) {
        await writeFile(join(temporary, serve), bytes, { flag: "wx", mode: 0o644 });
        await syncPath(join(temporary, serve));
      }
      const build: IpxeBuild = {
        ...{ format: 1, name, addedAt: new Date().toISOString() },
        files: found.map(({ bytes, ...file }) => ({
          ...file,
          sha256: digestOf(bytes),
          sizeBytes: bytes.length,
        })),
        ...(made ? { made } : {}),
      };
      await writeFile(join(temporary, "build.json"), `${JSON.stringify(build, null, 2)}\n`, { mode: 0o644 });
      await syncPath(join(temporary, "build.json"));
      await this.#replace(name, temporary);
      return build;
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** False when there was none. */
  async remove(name: string, signal?: AbortSignal): Promise<boolean> {
    checkBuildName(name);
    await using _lock = await lockStore(join(this.#folder, ".lock"), signal ? { signal } : {});
    const there = (await this.find(name)) !== undefined;
    await rm(this.#folderOf(name), { recursive: true, force: true });
    return there;
  }

  async #replace(name: string, temporary: string): Promise<void> {
    await chmod(temporary, 0o755); // mkdtemp's 0700 would keep out a server that runs as another user
    const old = `${temporary}.old`;
    await rename(this.#folderOf(name), old).catch(() => {}); // there may be none
    await publishFolder(temporary, this.#folderOf(name));
    await rm(old, { recursive: true, force: true });
  }

  #folderOf(name: string): string {
    return join(this.#folder, `ipxe-${name}`);
  }
}

type Found = IpxeFile & { bytes: Uint8Array };

/** Everything of an iPXE at these paths. A file that is named must be one; in a folder, the others are passed by. */
async function filesAt(paths: readonly string[]): Promise<Found[]> {
  const found = new Map<string, Found>();
  for (const file of (await Promise.all(paths.map(recognisedAt))).flat()) {
    if (found.has(file.serve)) throw twice(file.serve);
    found.set(file.serve, file);
  }
  return [...found.values()].toSorted((a, b) => a.serve.localeCompare(b.serve));
}

async function recognisedAt(path: string): Promise<Found[]> {
  const kind = await stat(path).catch((cause: unknown) => {
    throw unusable(path, "is not there, or cannot be read", cause);
  });
  const names = kind.isDirectory() ? (await readdir(path)).filter(isLoaderName) : [basename(path)];
  const folder = kind.isDirectory() ? path : dirname(path);
  const files = names.map(async (name): Promise<Found[]> => {
    const bytes = await readFile(join(folder, name)).catch(() => new Uint8Array());
    const recognised = recogniseIpxe(name, bytes);
    return recognised ? [{ ...recognised, bytes }] : [];
  });
  const found = (await Promise.all(files)).flat();
  if (found.length > 0) return found;
  throw unusable(
    path,
    kind.isDirectory()
      ? "holds no file of iPXE that firmware loads"
      : "is no file of iPXE that firmware loads",
  );
}

/** iPXE's own names for what firmware loads; the other hundred files of a `bin` folder are parts and drivers. */
const isLoaderName = (name: string): boolean =>
  /^(ipxe|undionly|snponly|snp|intel|realtek|virtio-net)[\w.-]*\.(efi|k{0,2}pxe)$/.test(name);

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Throws where a build cannot have this name. */
export function checkBuildName(name: string): void {
  const taken = name === installedIpxe || releaseNamed(name) !== undefined;
  if (!taken && buildName.safeParse(name).success) return;
  throw new DrybootError(`a build of iPXE cannot be called ${JSON.stringify(name)}`, {
    code: "IPXE_NAME",
    where: "--name",
    hint: taken
      ? "that name means what Debian packages, or what this host has: take another"
      : "take at most 31 lower-case letters, digits, dots and hyphens",
    exitCode: 2,
  });
}

function unusable(path: string, problem: string, cause?: unknown): DrybootError {
  return new DrybootError(`${path} ${problem}`, {
    code: "IPXE_FILES",
    where: path,
    hint: "name a file such as bin/undionly.kpxe or bin-x86_64-efi/snponly.efi, or one of iPXE's `bin` folders after `make`",
    exitCode: 2,
    cause,
  });
}

function twice(serve: string): DrybootError {
  return new DrybootError(`two of the files would be served as ${serve}`, {
    code: "IPXE_FILES",
    where: serve,
    hint: "add them under two names",
    exitCode: 2,
  });
}

function damaged(name: string, where: string): DrybootError {
  return new DrybootError(`the iPXE build \`${name}\` is not what was added`, {
    code: "LOADER_DIGEST_MISMATCH",
    where,
    hint: `add or build it again: ./dryboot image add ipxe PATH --name ${name}`,
  });
}
