import { join } from "node:path";
import { run } from "../../../core/child.ts";
import { projectFolder } from "../../../core/folders.ts";

/** What the namespaces of a command are prepared by. */
export const enterScript = join(projectFolder, "vm-images/alpine-initramfs/enter.sh");

const namespaces = ["--user", "--map-root-user", "--mount", "--pid", "--net", "--uts", "--ipc"];

/** Whatever an installation script does: this long it may take. */
const longestMs = 10 * 60_000;

/**
 * Runs a command with a folder as its whole world: root of what is ours in there, no network, nothing of this machine in
 * sight. It needs no privileges, and so it can give nothing away: what is to belong to others than root, whoever packs
 * the folder has to know.
 */
export async function runInTree(
  tree: string,
  command: readonly string[],
  { hint, signal }: { hint: string; signal?: AbortSignal },
): Promise<void> {
  const inside = ["sh", enterScript, tree, ...command];
  await run("unshare", [...namespaces, "--fork", "--kill-child=KILL", "--", ...inside], {
    // mount and pivot_root are not on every user's path.
    ...{ env: { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin` }, timeoutMs: longestMs, hint },
    ...(signal && { signal }),
  });
}
