import { DrybootError } from "../core/errors.ts";

interface Failure {
  said: RegExp;
  what: string;
  code: string;
  hint: string;
}

/** What apt and dpkg-deb say, what it means, and what to do. The first row that matches wins: most telling first. */
const failures: readonly Failure[] = [
  {
    said: /No space left on device|don't have enough free space|Disk quota exceeded/i,
    what: "there is no space left for Debian packages",
    code: "NO_SPACE",
    hint: "make room, or point DRYBOOT_STORE to a folder on a larger disk, then run the same command again",
  },
  {
    said: /NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|is not signed|signatures? (were|couldn't be|could not be)|NOSPLIT|Clearsigned file isn't valid/i,
    what: "the package index is not signed by Debian",
    code: "ARCHIVE_SIGNATURE",
    hint: "update the package `debian-archive-keyring`; if that does not help, the mirror or a proxy on the way alters what it passes on",
  },
  {
    said: /Release file .* (is not valid yet|expired)/i,
    what: "the package index is from another time than this machine's clock",
    code: "ARCHIVE_DATE",
    hint: "set this machine's clock, or use a mirror that is kept up to date",
  },
  {
    said: /Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Cannot initiate the connection|Connection (failed|timed out|refused|reset)|Network is unreachable|Proxy CONNECT|response contained no data|Undetermined Error/i,
    what: "Debian's archive cannot be reached",
    code: "ARCHIVE_UNREACHABLE",
    hint: "check that `apt-get update` works on this machine (its addresses and proxy are the ones used here), then run the same command again: the download goes on where it stopped",
  },
  {
    said: /Hash Sum mismatch|File has unexpected size/i,
    what: "what the mirror sent is not what the signed index promises",
    code: "ARCHIVE_DIGEST",
    hint: "mirrors are inconsistent while they are updated: try again in some minutes",
  },
  {
    said: /does not have a Release file|404 +Not Found/i,
    what: "the mirror of this machine does not have what was asked for",
    code: "ARCHIVE_NOT_FOUND",
    hint: "run the same command again; if that does not help, name a mirror with this release in this machine's apt sources",
  },
  {
    said: /Permission denied|Read-only file system/i,
    what: "the store cannot be written",
    code: "STORE_NOT_WRITABLE",
    hint: "point DRYBOOT_STORE to a folder you may write, or mend the permissions of this one",
  },
];

/** The error of a failed apt or dpkg-deb, chosen by what it said. */
export function aptFailure(said: string, where: string, cause: unknown): DrybootError {
  const failure = failures.find((row) => row.said.test(said));
  const words = said
    .split("\n")
    .filter((line) => /^(E:|Err:|W: .*(fail|error))|error:/i.test(line))
    .slice(-3)
    .map((line) => `\n    ${line.trim()}`)
    .join("");
  if (failure === undefined) {
    return new DrybootError(`Debian packages could not be fetched${words}`, {
      code: "ARCHIVE_FAILED",
      where,
      hint: "read what apt said above; `apt-get update` on this machine may say more",
      cause,
    });
  }
  const { what, code, hint } = failure;
  return new DrybootError(`${what}${words}`, { code, where, hint });
}
