import { lstat, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { DrybootError } from "../../core/errors.ts";
import { fetchFile } from "../download.ts";
import type { FetchedFile, FetchWorld } from "../recipe.ts";

/**
 * Brings the first of these files that is there into the store, as `name`. Where a link leads is followed: what Nix leaves
 * behind is a folder of links into its store, and who names it means what they lead to.
 */
export async function bringLocal(
  candidates: readonly string[],
  name: string,
  world: FetchWorld,
): Promise<FetchedFile> {
  for (const candidate of candidates) {
    const real = await realpath(candidate).catch(() => undefined);
    if (real === undefined || !(await lstat(real)).isFile()) continue;
    const file = await fetchFile({ mirrors: [dirname(real)], path: basename(real) }, world);
    return { ...file, name, url: candidate };
  }
  const [first = ""] = candidates;
  throw new DrybootError(`there is no ${candidates.map((one) => basename(one)).join(" and no ")}`, {
    code: "NIXOS_INCOMPLETE",
    where: dirname(first),
    hint: "a NixOS for the network is three files of one build: bzImage, initrd and netboot.ipxe (docs/nixos.md)",
  });
}
