import { chmod, chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../core/child.ts";
import { projectFolder } from "../core/folders.ts";

/** `nobody`: an ordinary user that every system has. */
const uid = 65534;

export interface OrdinaryUser extends AsyncDisposable {
  /** Goes before a command: runs it as that user, with this checkout at `launcher`. */
  wrap: readonly string[];
  launcher: string;
  env: Readonly<Record<string, string>>;
  /** Writable for that user. */
  home: string;
}

/**
 * Makes root's tests run something as an ordinary user, without changing anything on this machine: in a mount namespace
 * of its own that has the checkout where that user can read it, and a tun device with the given mode.
 */
export async function ordinaryUser(options: { store: string; tunMode?: string }): Promise<OrdinaryUser> {
  await using making = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), "dryboot-user-"));
  making.defer(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  const checkout = join(home, "checkout");
  const own = join(home, "home");
  const devices = join(home, "devices");
  for (const folder of [checkout, own, devices]) await mkdir(folder);
  await chown(own, uid, uid);
  const store = join(own, "store");
  await mkdir(store);
  // Hard links would share the store's files with whoever may write to them: a copy is the user's own.
  await run("cp", ["-a", "--reflink=auto", join(options.store, "images"), store]);
  await run("chown", ["-R", `${uid}:${uid}`, store]);
  const prepare = [
    `mount --bind '${projectFolder}' '${checkout}'`,
    // A file system of its own: the temporary folder's may allow no devices.
    `mount -t tmpfs devices '${devices}'`,
    `mknod -m ${options.tunMode ?? "666"} '${devices}/tun' c 10 200`,
    `mount --bind '${devices}/tun' /dev/net/tun`,
    `cd '${own}'`,
    `exec setpriv --reuid ${uid} --regid ${uid} --clear-groups --no-new-privs -- "$@"`,
  ].join(" && ");
  const made = making.move();
  return {
    wrap: ["unshare", "--mount", "--propagation", "private", "sh", "-c", prepare, "sh"],
    launcher: join(checkout, "dryboot"),
    env: { HOME: own, DRYBOOT_STORE: store, TMPDIR: own, USER: "nobody" },
    home: own,
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}
