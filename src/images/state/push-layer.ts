import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectFolder } from "../../core/folders.ts";
import { archiveOf, packed } from "./layer-state.ts";

/** Where the script that hands in is, with what it needs to know beside it. Outside `/etc`, so that no state holds the token. */
const script = "usr/local/bin/lbu-push";
const settings = "var/lib/lbu-push/settings";

export const pushScriptFile = join(projectFolder, "vm-images/lbu-push/lbu-push");

/**
 * What a machine needs to hand in its state, as an archive that lies over all others: the script, the hook by which
 * `lbu commit` runs it, and where to with which token.
 */
export async function pushLayer(to: { url: string; token: string }): Promise<Uint8Array> {
  const content = await readFile(pushScriptFile, "utf8");
  return await archiveOf(
    await packed([
      { header: { name: script, mode: 0o755 }, content },
      {
        header: { name: "etc/lbu/post-package.d/lbu-push", type: "symlink", linkname: `/${script}` },
      },
      { header: { name: "var/lib/lbu-push", type: "directory", mode: 0o700 } },
      { header: { name: settings, mode: 0o600 }, content: `url=${to.url}\ntoken=${to.token}\n` },
    ]),
  );
}

/**
 * What lies below all others: `lbu commit` writes to a folder in memory, for there is no disk. Where nothing else is laid
 * over the image, Alpine is told to start what it starts by itself: an overlay without that word starts nothing.
 */
export async function groundLayer({ alone }: { alone: boolean }): Promise<Uint8Array> {
  return await archiveOf(
    await packed([
      { header: { name: "etc/lbu/lbu.conf" }, content: "LBU_BACKUPDIR=/var/lib/lbu\n" },
      { header: { name: "var/lib/lbu", type: "directory", mode: 0o700 } },
      ...(alone ? [{ header: { name: "etc/.default_boot_services" } }] : []),
    ]),
  );
}
