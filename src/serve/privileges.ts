import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";

export type User = Readonly<{ name: string; uid: number; gid: number }>;

/** Whom a server becomes that root started and nobody said otherwise. */
export const defaultUser = "nobody";

/** The user to become once every port is bound; undefined when there is nothing to give up. */
export async function userToBecome(
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<User | undefined> {
  if (process.getuid?.() !== 0) {
    if (wanted === undefined) return undefined;
    throw new DrybootError(`only root can become \`${wanted}\``, {
      code: "USER_UNUSABLE",
      where: `--user ${wanted}`,
      hint: "leave the flag out, or start as root: `sudo ./dryboot serve ...`",
      exitCode: 2,
    });
  }
  const name = wanted ?? defaultUser;
  const id = async (flag: "-u" | "-g") => {
    try {
      // Not from /etc/passwd: users may come from elsewhere (NSS).
      return Number(await run("id", [flag, "--", name], { signal, timeoutMs: 5000 }));
    } catch (cause) {
      signal.throwIfAborted();
      throw new DrybootError(`there is no user \`${name}\` on this machine`, {
        code: "USER_UNUSABLE",
        where: `--user ${name}`,
        hint: `make one (\`useradd --system --no-create-home ${name}\`), or name another with --user`,
        exitCode: 2,
        cause,
      });
    }
  };
  const user = { name, uid: await id("-u"), gid: await id("-g") };
  return user.uid === 0 ? undefined : user;
}

/** Becomes the user for good. Groups first: without root they can no longer be changed. */
export function becomeUser({ uid, gid }: User): void {
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid); // real, effective and saved: root cannot be had back
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid || process.getegid?.() !== gid) {
    throw new Error(`still user ${process.geteuid?.()} after becoming ${uid}`);
  }
}
