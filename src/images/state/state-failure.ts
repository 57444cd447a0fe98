import { DrybootError } from "../../core/errors.ts";
import { suggest } from "../../core/nearest.ts";
import { printable } from "../../core/printable.ts";
import type { History } from "./history.ts";

/** The error for a person when the disk says no; anything else is returned as it came. */
export function historyFailure(where: string, cause: unknown): unknown {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const said = (what: string, hint: string, name: string) =>
    new DrybootError(what, { code: name, where, hint, cause });
  if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG") {
    const hint = "make room on its disk, or keep fewer: `dryboot state prune`";
    return said("there is no space left for a machine's state", hint, "NO_SPACE");
  }
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "ELOOP"].includes(code)) {
    const hint =
      "the folder must be writable for the user that the server runs as, or name another with --state DIR";
    return said("the folder of machines' states cannot be used", hint, "STATE_UNUSABLE");
  }
  return cause;
}

export const alreadyThere = (machine: string, where: string) =>
  new DrybootError(`${machine} has a history here already`, {
    code: "STATE_IN_USE",
    where,
    hint: "nothing is overwritten: move that folder away first, or restore to another with --state DIR",
  });

export const busy = (machine: string) =>
  new DrybootError(`${machine} hands in as many states as it may at once already`, {
    code: "STATE_BUSY",
    where: machine,
    hint: "try again when they have ended",
  });

export const noSuchMachine = (name: string, known: readonly string[] = []) =>
  new DrybootError(`no machine called ${printable(name, 64)} ever handed in its state`, {
    code: "NO_SUCH_STATE",
    where: "dryboot state",
    hint: known.length > 0 ? suggest(name, known) : "`dryboot state list` shows which did",
  });

export function noSuchVersion(
  machine: string,
  version: number | string,
  { versions }: History,
): DrybootError {
  const numbers = versions.map(({ number }) => number);
  return new DrybootError(`${machine} has no version ${version}`, {
    code: "NO_SUCH_STATE",
    where: `dryboot state list ${machine}`,
    hint: numbers.length > 0 ? `there is ${numbers.slice(-12).join(", ")}` : "it never handed in any",
  });
}
