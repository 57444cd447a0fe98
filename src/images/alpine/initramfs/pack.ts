import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DrybootError } from "../../../core/errors.ts";
import type { CpioEntry } from "../../cpio.ts";
import type { BuiltTree } from "./build-tree.ts";
import type { Accounts } from "./owners.ts";
import { numbersOf, parseAccounts, recordedMode, recordedOwners } from "./owners.ts";
import { withoutDays } from "./shadow-days.ts";
import { readTree } from "./tree.ts";

/** Filled when the machine boots: what a build left there belongs to nobody. */
const leftOut: ReadonlySet<string> = new Set(["dev", "proc", "sys", "run", "tmp"]);

/**
 * A tree as members of an archive, each with its owner: of what the packages brought, theirs; of the rest, root, unless
 * `owners` says otherwise of it or of a folder above it.
 */
export async function membersOf(
  { folder, archives }: BuiltTree,
  owners: Readonly<Record<string, string>>,
): Promise<CpioEntry[]> {
  const text = async (path: string) => await readFile(join(folder, path), "utf8").catch(() => "");
  const accounts = parseAccounts(await text("etc/passwd"), await text("etc/group"));
  const recorded = recordedOwners(archives.flat());
  const said = saidOwners(owners, accounts);
  const entries = await readTree(folder, leftOut);
  return entries.map((entry) => {
    const named = recorded.get(entry.path);
    const owner = said(entry.path) ?? (named && numbersOf(named, accounts));
    const mode = named && entry.mode !== undefined ? recordedMode(entry.mode, named.mode) : entry.mode;
    return { ...dateless(entry), ...(mode === undefined ? {} : { mode }), ...(owner && { owner }) };
  });
}

function dateless(entry: CpioEntry): CpioEntry {
  // `shadow-` is what it was before the last account was made.
  if (entry.type !== "file" || !/^etc\/shadow-?$/.test(entry.path)) return entry;
  return { ...entry, bytes: Buffer.from(withoutDays(Buffer.from(entry.bytes).toString())) };
}

/** The most particular of the paths that are named counts. */
function saidOwners(
  owners: Readonly<Record<string, string>>,
  accounts: Accounts,
): (path: string) => { uid: number; gid: number } | undefined {
  const named = new Map(
    Object.entries(owners).map(([path, owner]) => [
      path.replace(/^\/|\/$/g, ""),
      owned(path, owner, accounts),
    ]),
  );
  return (path) => {
    for (let at = path; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
      const found = named.get(at);
      if (found) return found;
    }
    return undefined;
  };
}

function owned(path: string, owner: string, { users, groups }: Accounts): { uid: number; gid: number } {
  const [user = "", group = user] = owner.split(":");
  const number = (known: ReadonlyMap<string, number>, name: string, what: string) => {
    const found = known.get(name) ?? (/^\d+$/.test(name) ? Number(name) : undefined);
    if (found !== undefined) return found;
    throw new DrybootError(`the image has no ${what} \`${name}\`, who is to own ${path}`, {
      code: "IMAGE_NO_ACCOUNT",
      where: `owners, ${path}`,
      hint: "make the account in the set-up script (adduser -S -D -H NAME), or name one that a package makes",
      exitCode: 2,
    });
  };
  return { uid: number(users, user, "user"), gid: number(groups, group, "group") };
}
