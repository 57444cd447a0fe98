import { join } from "node:path";
import { run } from "../../core/child.ts";
import { DrybootError } from "../../core/errors.ts";
import type { Suite } from "../../host/apt-sources.ts";
import { requireTool } from "../../host/require-tool.ts";
import type { BuildWorld, FetchedFile } from "../recipe.ts";
import { serveLocalArchive } from "./local-archive.ts";

export interface SystemTree {
  suite: Suite;
  /** What is installed beside what is essential. */
  wanted: readonly string[];
  packages: readonly FetchedFile[];
  /** A shell script that is run when all is installed; `$1` is the folder of the tree. */
  customize: string;
  /** Seconds: no file of the tree is newer. */
  epoch: number;
}

/** A minute and a half on two slow cores; this is for what hangs. */
const deadlineMs = 30 * 60_000;

/** Files that nobody reads in a system that lives in memory; licences stay. */
const leftOut = [
  ...["/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/doc/*"].map(
    (path) => `path-exclude=${path}`,
  ),
  "path-include=/usr/share/doc/*/copyright",
];

/**
 * Installs a system into a tar archive, from the given packages alone. As root in a chroot of a mount namespace of its own,
 * as an ordinary user in a user namespace: mmdebstrap finds out which. Returns the archive's path.
 */
export async function bootstrap(tree: SystemTree, { scratch, signal }: BuildWorld): Promise<string> {
  const where = "image debian-live";
  requireTool("mmdebstrap", "to install a Debian system into a folder", { where });
  const options = signal === undefined ? {} : { signal };
  await using archive = await serveLocalArchive(tree.suite, tree.packages, options);
  const output = join(scratch, "system.tar");
  const isRoot = process.getuid?.() === 0;
  try {
    await run(
      "mmdebstrap",
      [
        ...[
          `--mode=${isRoot ? "root" : "unshare"}`,
          "--variant=apt",
          "--architectures=amd64",
          "--format=tar",
        ],
        `--include=${tree.wanted.join(",")}`,
        // A proxy of this machine's would look for 127.0.0.1 on itself.
        ...['Acquire::http::Proxy::127.0.0.1 "DIRECT"', "APT::Install-Recommends false"].map(
          (line) => `--aptopt=${line}`,
        ),
        ...leftOut.map((line) => `--dpkgopt=${line}`),
        `--customize-hook=${tree.customize}`,
        ...[tree.suite, output, archive.source],
      ],
      {
        ...options,
        timeoutMs: deadlineMs,
        env: {
          SOURCE_DATE_EPOCH: String(tree.epoch),
          // Root may well build where others may not look; who is not needs a place where his subordinate users can.
          ...(isRoot ? { TMPDIR: scratch } : {}),
        },
      },
    );
  } catch (error) {
    throw explained(error);
  }
  return output;
}

function explained(error: unknown): unknown {
  if (!(error instanceof DrybootError) || error.code !== "COMMAND_FAILED") return error;
  const row = [
    {
      said: /newuidmap|subuid|unshare the user namespace|unprivileged_userns/i,
      hint: "an ordinary user needs subordinate user ids: the package `uidmap`, and `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER` by root; or build as root",
    },
    { said: /No space left/i, hint: "make room: 1.5 GB in the store as root, in TMPDIR as another user" },
  ].find(({ said }) => said.test(error.message));
  if (row === undefined) return error;
  return new DrybootError(error.message, { code: "BOOTSTRAP_FAILED", where: "mmdebstrap", hint: row.hint });
}
