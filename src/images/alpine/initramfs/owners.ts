import type { TarHead } from "../tar.ts";

/** Whom a file belongs to, by names and, where those are unknown, by numbers. */
export interface NamedOwner {
  user?: string | undefined;
  group?: string | undefined;
  uid: number;
  gid: number;
  mode: number;
}

/** The accounts of a tree: numbers by names. */
export interface Accounts {
  users: ReadonlyMap<string, number>;
  groups: ReadonlyMap<string, number>;
}

/** Reads what `etc/passwd` and `etc/group` say: `name:password:number:...`. */
export function parseAccounts(passwd: string, group: string): Accounts {
  const numbers = (text: string) =>
    new Map(
      text.split("\n").flatMap((line): [string, number][] => {
        const [name = "", , number = ""] = line.split(":");
        return name !== "" && /^\d+$/.test(number) ? [[name, Number(number)]] : [];
      }),
    );
  return { users: numbers(passwd), groups: numbers(group) };
}

/**
 * Whom each file belongs to by the archives it came from: where it was unpacked, everything belonged to one user. Of a
 * folder that several bring, who says that it is not root's is right.
 */
export function recordedOwners(entries: Iterable<TarHead>): ReadonlyMap<string, NamedOwner> {
  const owners = new Map<string, NamedOwner>();
  for (const { path, uid, gid, mode, user, group } of entries) {
    const owner = { uid, gid, mode, user, group };
    if (!owners.has(path) || !isRoots(owner)) owners.set(path, owner);
  }
  return owners;
}

const isRoots = ({ user, group, uid, gid }: NamedOwner) =>
  (user === undefined ? uid === 0 : user === "root") && (group === undefined ? gid === 0 : group === "root");

const setId = 0o6000;

/** The permissions of a file that was unpacked: set-user-ID and set-group-ID are lost with an owner that is not given. */
export function recordedMode(unpacked: number, recorded: number): number {
  return unpacked === (recorded & ~setId) ? recorded : unpacked;
}

/** As apk does it: the names count, because who packed it had other numbers. */
export function numbersOf(
  { user, group, uid, gid }: NamedOwner,
  { users, groups }: Accounts,
): { uid: number; gid: number } {
  return { uid: users.get(user ?? "") ?? uid, gid: groups.get(group ?? "") ?? gid };
}
