import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import { hostFiles } from "../host/packages.ts";
import type { IpxeMaking } from "./ipxe-builds.ts";

/** What is made unless told otherwise: what each kind of x86 firmware is given. */
export const usualTargets: readonly string[] = [
  "bin/undionly.kpxe",
  "bin/ipxe.pxe",
  "bin-x86_64-efi/snponly.efi",
  "bin-x86_64-efi/ipxe.efi",
];

export interface MakeWish {
  /** An iPXE source tree of the user's, or its `src` folder. */
  source: string;
  /** A script that the loader runs in the place of its own. */
  embed?: string;
  targets: readonly string[];
  /** Variables for iPXE's make: `CONFIG`, `CERT`, `TRUST`, `DEBUG`, … */
  options: Readonly<Record<string, string>>;
}

/** How far make is: how many files it has worked on, and what it works on now. */
export type MakeProgress = Readonly<{ files: number; now: string }>;

/** Runs make in an iPXE source tree. Returns the files it made and what they were made of. */
export async function makeIpxe(
  wish: MakeWish,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (progress: MakeProgress) => void } = {},
): Promise<{ files: string[]; made: IpxeMaking }> {
  const src = await treeIn(wish.source);
  for (const tool of ["make", "gcc"] as const) requireProgram(tool);
  checkWish(wish);
  const embed = wish.embed === undefined ? undefined : await readScript(resolve(wish.embed));
  const common = signal === undefined ? {} : { signal };
  const options = Object.entries(wish.options).map(([name, value]) => `${name}=${value}`);
  const args = [
    ...["-C", src, "-j", String(availableParallelism())],
    ...(wish.embed === undefined ? [] : [`EMBED=${resolve(wish.embed)}`]),
    ...options,
    "--",
    ...wish.targets,
  ];
  let files = 0;
  await run("make", args, {
    ...common,
    hint: "what make said last is above; iPXE needs gcc, make, perl and liblzma-dev (Debian's names), and gcc for the target's processor",
    onLine(line) {
      // iPXE's make says `  [BUILD] bin/string.o` for each file.
      const now = /^\s*\[([A-Z]+)\]\s+(\S+)/.exec(line)?.[2];
      if (now === undefined) return;
      files += 1;
      onProgress?.({ files, now });
    },
  });
  const made: IpxeMaking = {
    ...(await commitOf(src, common)),
    ...{ targets: [...wish.targets], options: { ...wish.options } },
    ...(embed === undefined ? {} : { embedSha256: createHash("sha256").update(embed).digest("hex") }),
    compiler: (await run("gcc", ["-dumpfullversion"], common)).trim(),
  };
  return { files: wish.targets.map((target) => join(src, target)), made };
}

/** The folder make runs in. */
async function treeIn(source: string): Promise<string> {
  const root = resolve(source);
  for (const folder of [join(root, "src"), root]) {
    const there = async (name: string) =>
      await stat(join(folder, name)).then(
        (found) => found.isFile(),
        () => false,
      );
    if ((await there("Makefile")) && (await there("Makefile.housekeeping"))) return folder;
  }
  throw new DrybootError("there is no iPXE source tree", {
    code: "IPXE_SOURCE",
    where: root,
    hint: "name the folder of a checkout of iPXE, the one that holds `src`; on Debian `apt-get source ipxe` fetches one",
    exitCode: 2,
  });
}

function requireProgram(name: "make" | "gcc"): void {
  if (hostFiles().isProgram(name)) return;
  throw new DrybootError(`${name} is not installed, and iPXE is built by it`, {
    code: "TOOL_MISSING",
    where: "dryboot ipxe build",
    hint: "on Debian: apt-get install gcc make perl liblzma-dev",
    exitCode: 2,
  });
}

function checkWish({ targets, options }: MakeWish): void {
  const target = targets.find((text) => !/^bin[a-z0-9_-]*\/[A-Za-z0-9][\w.-]*\.(efi|k{0,2}pxe)$/.test(text));
  if (target !== undefined) {
    throw wrongWish(
      "--target",
      `${JSON.stringify(target)} is no target that firmware loads`,
      usualTargets.join(", "),
    );
  }
  for (const name of Object.keys(options)) {
    if (name === "EMBED") throw wrongWish("--option", "EMBED is said by --embed", "--embed SCRIPT");
    // Others are for make itself, which runs what they say.
    if (
      !/^(CONFIG|CERT|TRUST|PRIVKEY|DEBUG|NO_WERROR|CROSS_COMPILE|EXTRAVERSION|VERSION_\w+|EXTRA_CFLAGS)$/.test(
        name,
      )
    ) {
      throw wrongWish(
        "--option",
        `${JSON.stringify(name)} is no option of iPXE's build`,
        "CONFIG, CERT, TRUST, PRIVKEY, DEBUG, NO_WERROR, CROSS_COMPILE, EXTRAVERSION, EXTRA_CFLAGS",
      );
    }
  }
}

function wrongWish(where: string, problem: string, take: string): DrybootError {
  return new DrybootError(problem, { code: "USAGE", where, hint: `take ${take}`, exitCode: 2 });
}

async function readScript(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const hint = "name a file that you can read";
    throw new DrybootError("the script to embed cannot be read", {
      code: "IPXE_EMBED",
      where: path,
      hint,
      exitCode: 2,
      cause,
    });
  });
  if (bytes.toString("latin1", 0, 6) === "#!ipxe") return bytes;
  throw new DrybootError("the script to embed is none of iPXE's", {
    code: "IPXE_EMBED",
    where: path,
    hint: 'its first line must be `#!ipxe`: without it, iPXE stops with "Exec format error"',
    exitCode: 2,
  });
}

/** What git says of the tree; Debian's source package has no history, and says its version in its changelog. */
async function commitOf(
  src: string,
  options: { signal?: AbortSignal },
): Promise<Pick<IpxeMaking, "commit" | "modified">> {
  try {
    const top = await realpath(
      (await run("git", ["-C", src, "rev-parse", "--show-toplevel"], options)).trim(),
    );
    const here = await realpath(src);
    // Another repository around a tree without a history says nothing of it.
    if (top !== here && top !== dirname(here)) return await debianVersion(src);
    const commit = (await run("git", ["-C", src, "rev-parse", "--verify", "HEAD"], options)).trim();
    const changed = await run("git", ["-C", src, "status", "--porcelain", "--untracked-files=no"], options);
    return { commit, modified: changed.trim() !== "" };
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof DrybootError)) throw error;
    return await debianVersion(src);
  }
}

async function debianVersion(src: string): Promise<Pick<IpxeMaking, "commit" | "modified">> {
  const changelog = await readFile(join(src, "..", "debian", "changelog"), "utf8").catch(() => "");
  const [, version] = /^\S+ \(([^)]+)\)/.exec(changelog) ?? [];
  return { commit: version === undefined ? "unknown" : `Debian ${version}`, modified: false };
}
