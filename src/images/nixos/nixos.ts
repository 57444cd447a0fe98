import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BuildWorld, FetchedFile, FetchWorld, ImageParts, ImageRecipe } from "../recipe.ts";
import type { NixosBoot } from "./boot-words.ts";
import { nixosCommandLine, notBootable } from "./boot-words.ts";
import { requireThere, scriptText, takeFolder } from "./folder.ts";
import { bringLocal } from "./local-files.ts";
import { readNetbootScript } from "./netboot-script.ts";
import { buildWithNix } from "./nix-build.ts";
import { fetchRelease } from "./releases.ts";
import type { NixosChoice, NixosSource, NixosSystem } from "./source.ts";
import { nixosName, sourceOf } from "./source.ts";
import { formatSums } from "./sums.ts";
import { unpackKexec } from "./tarball.ts";

/** Level 3: a NixOS as somebody has built it, kernel and initrd unchanged. */
export function nixos(choice: NixosChoice): ImageRecipe {
  const source = sourceOf(choice);
  const { system } = choice;
  return {
    name: nixosName(source, system),
    level: 3,
    summary: `NixOS, ${sayOrigin(source)}`,
    packages: [],
    userlandBytes: 512 * 2 ** 20, // estimated: netboot-minimal is known to come up in 2 GiB, and not in one
    ...(system === "aarch64-linux" ? { architecture: "arm64" as const } : {}),
    sources: ["nixos.ts", "boot-words.ts", "netboot-script.ts", "kexec-script.ts", "tarball.ts"].map((name) =>
      join(import.meta.dirname, name),
    ),
    options: { ...source, system, now: standOf(source) },
    fetch: (world) => fetchSource(source, system, world),
    assemble: (_, fetched, world) => assemble(source, system, fetched, world),
  };
}

function sayOrigin(source: NixosSource): string {
  switch (source.kind) {
    case "release":
      return `the build of ${source.release} that nixos-images publishes`;
    case "configuration":
      return `built by Nix from ${source.configuration}`;
    case "flake":
      return `built by Nix from ${source.flake}`;
    default:
      return `out of ${source.path}`;
  }
}

/**
 * What changes when there is something newer to build from. The script of a folder names the build, each time another one;
 * what a configuration imports is not followed: only Nix knows that.
 */
function standOf(source: NixosSource): string | undefined {
  switch (source.kind) {
    case "release":
    case "flake":
      return undefined;
    case "configuration":
      return digestOf(source.configuration);
    case "folder":
      return digestOf(join(source.path, "netboot.ipxe"));
    case "tarball":
      return digestOf(source.path, ({ size, mtimeMs }) => `${size} ${mtimeMs}`); // too long to read for a look
  }
}

/** Undefined where there is nothing: whoever builds from it is told. */
function digestOf(path: string, stand: (stats: Stats) => string | Buffer = () => readFileSync(path)) {
  try {
    return createHash("sha256")
      .update(stand(statSync(path)))
      .digest("hex");
  } catch {
    return undefined;
  }
}

async function fetchSource(
  source: NixosSource,
  system: NixosSystem,
  world: FetchWorld,
): Promise<readonly FetchedFile[]> {
  switch (source.kind) {
    case "release":
      return await fetchRelease(source.release, system, world);
    case "configuration":
    case "flake":
      return await buildWithNix(source, system, world);
    case "folder":
      await requireThere(source.path);
      return await takeFolder(source.path, world);
    case "tarball":
      await requireThere(source.path);
      return [await bringLocal([source.path], "kexec.tar.gz", world)];
  }
}

async function assemble(
  source: NixosSource,
  system: NixosSystem,
  fetched: readonly FetchedFile[],
  world: BuildWorld,
): Promise<ImageParts> {
  const { kernel, initrd, boot } = await (source.kind === "tarball"
    ? ofTarball(fetched, world)
    : ofThree(fetched));
  // It would be called the real thing from here on.
  if (boot.label.endsWith("dryboot-standin"))
    throw notBootable(
      'it is dryboot\'s stand-in for one, which `recipe: "nixos-standin"` boots',
      sayOrigin(source),
    );
  const pc = system === "x86_64-linux";
  const names = [pc ? "bzImage" : "Image", "initrd"] as const;
  const sums = formatSums([
    [names[0], kernel.sha256],
    [names[1], initrd.sha256],
  ]);
  return {
    kernel: { name: names[0], path: kernel.path },
    initrds: [{ name: names[1], path: initrd.path }],
    files: [{ name: "SHA256SUMS", bytes: Buffer.from(sums) }],
    commandLine: nixosCommandLine(boot, pc ? "ttyS0" : "ttyAMA0"),
  };
}

type Digested = Pick<FetchedFile, "path" | "sha256">;
type Build = Readonly<{ kernel: Digested; initrd: Digested; boot: NixosBoot }>;

async function ofThree([kernel, initrd, script]: readonly FetchedFile[]): Promise<Build> {
  if (!kernel || !initrd || !script) throw new Error("a build is three files");
  return { kernel, initrd, boot: readNetbootScript(await scriptText(script), script.url) };
}

async function ofTarball([tarball]: readonly FetchedFile[], world: BuildWorld): Promise<Build> {
  if (!tarball) throw new Error("a tarball is one file");
  return await unpackKexec(tarball, world);
}
