import { access, constants, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, extname, join } from "node:path";
import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import { aptConfiguration, aptFolders } from "./apt-configuration.ts";
import { aptFailure } from "./apt-failures.ts";
import type { AptSource, Architecture, Suite } from "./apt-sources.ts";
import { findDebian, formatSources, parseSourcesFile, parseSourcesList } from "./apt-sources.ts";
import type { Stanza } from "./control-stanzas.ts";
import { parseStanzas } from "./control-stanzas.ts";
import type { PackageUrl } from "./printed-uris.ts";
import { parsePrintedUris } from "./printed-uris.ts";

/** Makes apt say on standard output how far it is. */
const statusLines = ["-o", "APT::Status-Fd=1"];

interface AptRunOptions {
  signal?: AbortSignal;
  onLine?: (line: string) => void;
}

/**
 * apt gives up on a silent mirror by itself, after 30 s and as often as it tries again. But it waits for ever for a helper
 * of its own that died, as they do when the disk is full.
 */
const silenceMs = 150_000;

/**
 * The machine's own apt with a state of its own: indexes are fetched, verified against Debian's keys and read, packages
 * are fetched and verified, and the machine's package database is neither read nor locked nor changed.
 */
export class AptRoot {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** Sets up the folder `root` for one release and architecture, from this machine's apt configuration. */
  static async open(root: string, suite: Suite, architecture: Architecture): Promise<AptRoot> {
    for (const command of ["apt-get", "dpkg-deb"]) {
      if (!(await isInstalled(command))) throw noApt(command);
    }
    const archive = findDebian(await machineSources());
    if (archive === undefined) throw noDebianSource();
    await access(archive.keyring).catch((cause: unknown) => {
      throw new DrybootError("Debian's archive keys are not installed", {
        code: "ARCHIVE_NO_KEYRING",
        where: archive.keyring,
        hint: "apt-get install debian-archive-keyring",
        exitCode: 2,
        cause,
      });
    });
    const folders = aptFolders(root);
    for (const folder of ["state", "cache/archives/partial", "log"])
      await mkdir(join(root, folder), { recursive: true });
    await mkdir(folders.incoming, { recursive: true });
    await mkdir(join(folders.lists, "partial"), { recursive: true });
    // None of this needs to survive a crash: it is written anew each time.
    await writeFile(folders.status, "");
    await writeFile(folders.sources, formatSources(archive, suite));
    await writeFile(
      folders.configuration,
      aptConfiguration(root, await run("apt-config", ["dump"]), architecture),
    );
    return new AptRoot(root);
  }

  /** Packages arrive here; one that is not whole yet is continued by the next download. */
  get incoming(): string {
    return aptFolders(this.#root).incoming;
  }

  /** Fetches the package indexes; apt verifies their signatures. */
  async update(options: AptRunOptions): Promise<void> {
    await this.#apt("apt-get", ["update", "-q", ...statusLines], options);
  }

  /** The newest version of each package the indexes know. */
  async show(names: readonly string[], options: AptRunOptions): Promise<Stanza[]> {
    try {
      return parseStanzas(
        await this.#apt("apt-cache", ["show", "--no-all-versions", "--", ...names], options),
      );
    } catch (error) {
      // It fails when it knows none of them; which ones are missing is the caller's to say.
      if (error instanceof DrybootError && /No packages found/.test(String(error.cause))) return [];
      throw error;
    }
  }

  /** What would be installed on an empty machine for these to be: they, and all they depend on. */
  async closure(wanted: readonly string[], options: AptRunOptions): Promise<PackageUrl[]> {
    const args = ["install", "-qq", "--yes", "--no-install-recommends", "--print-uris", "--", ...wanted];
    return parsePrintedUris(await this.#apt("apt-get", args, options));
  }

  /** Fetches packages, each `name=version`, into `incoming`; apt verifies sizes and digests against the signed index. */
  async download(packages: readonly string[], onFraction: (fraction: number) => void, signal?: AbortSignal) {
    const onLine = (line: string) => {
      const [, percent] = /^dlstatus:\d+:([\d.]+):/.exec(line) ?? [];
      if (percent !== undefined) onFraction(Number(percent) / 100);
    };
    const args = ["download", "-q", ...statusLines, "--", ...packages];
    await this.#apt("apt-get", args, { onLine, ...(signal === undefined ? {} : { signal }) });
  }

  async #apt(command: string, args: readonly string[], { signal, onLine }: AptRunOptions): Promise<string> {
    const said: string[] = [];
    const stalled = new AbortController();
    let deadline: NodeJS.Timeout | undefined;
    const extendDeadline = () => {
      clearTimeout(deadline);
      deadline = setTimeout(() => stalled.abort(silentApt(command, this.#root)), silenceMs);
    };
    extendDeadline();
    try {
      return await run(command, args, {
        cwd: this.incoming,
        env: { APT_CONFIG: aptFolders(this.#root).configuration },
        signal: signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]),
        onLine: (line) => {
          if (line !== said.at(-1)) extendDeadline(); // twice a second it repeats how far it is
          said.push(line);
          onLine?.(line);
        },
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      if (stalled.signal.aborted) throw stalled.signal.reason;
      if (!(error instanceof DrybootError)) throw error;
      throw aptFailure(said.join("\n"), this.#root, error);
    } finally {
      clearTimeout(deadline);
    }
  }
}

async function isInstalled(command: string): Promise<boolean> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    if (
      await access(join(folder, command), constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}

/** Every source this machine's apt knows, of the files we may read. */
async function machineSources(): Promise<AptSource[]> {
  const paths = await run("apt-config", [
    "shell",
    "LIST",
    "Dir::Etc::sourcelist/f",
    "PARTS",
    "Dir::Etc::sourceparts/d",
  ]);
  const path = (name: string) => new RegExp(`^${name}='(.*)'$`, "m").exec(paths)?.[1] ?? "";
  const files = [path("LIST")];
  const parts = path("PARTS");
  for (const name of (await readdir(parts).catch(() => [])).toSorted()) files.push(join(parts, name));
  const sources: AptSource[] = [];
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (extname(file) === ".list") sources.push(...parseSourcesList(text));
    if (extname(file) === ".sources") sources.push(...parseSourcesFile(text));
  }
  return sources;
}

function silentApt(command: string, where: string): DrybootError {
  return new DrybootError(`\`${command}\` has said nothing new for ${silenceMs / 1000} s`, {
    code: "ARCHIVE_STALLED",
    where,
    hint: "check the network and the space on this disk, then run the same command again: the download goes on where it stopped",
  });
}

function noApt(command: string): DrybootError {
  return new DrybootError(
    `\`${command}\` is not installed: Debian packages cannot be fetched and verified here`,
    {
      code: "ARCHIVE_NO_APT",
      where: "this machine",
      hint: "build the images on a Debian machine and copy its store here (DRYBOOT_STORE names the folder)",
      exitCode: 2,
    },
  );
}

function noDebianSource(): DrybootError {
  return new DrybootError("this machine's apt knows no archive of Debian", {
    code: "ARCHIVE_NO_SOURCE",
    where: "/etc/apt/sources.list, /etc/apt/sources.list.d",
    hint: "name one in /etc/apt/sources.list.d/debian.sources (Types: deb, URIs, Suites: bookworm, Components: main, Signed-By: the keyring of the package `debian-archive-keyring`); `Enabled: no` in it is enough where this machine is not Debian",
    exitCode: 2,
  });
}
