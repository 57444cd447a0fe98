import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { DrybootError } from "../../core/errors.ts";
import type { FetchedFile, FetchWorld } from "../recipe.ts";
import { notBootable } from "./boot-words.ts";
import { bringLocal } from "./local-files.ts";
import { longestScript, readNetbootScript } from "./netboot-script.ts";
import { checkSums } from "./sums.ts";

/** What a build consists of, in the store; the order in which they are fetched and assembled. */
export type NixosFiles = readonly [kernel: FetchedFile, initrd: FetchedFile, script: FetchedFile];

/** Takes a build out of a folder: the result of `nix-build`, or files that were copied from one. */
export async function takeFolder(folder: string, world: FetchWorld): Promise<NixosFiles> {
  const script = await bringLocal([join(folder, "netboot.ipxe")], "netboot.ipxe", world);
  const said = readNetbootScript(await scriptText(script), script.url);
  // Where the script names whole addresses, the files beside it are called as the last part of each.
  const beside = (uri: string) => join(folder, basename(uri.replace(/[?#].*$/, "")));
  const kernel = await bringLocal([beside(said.kernel)], "kernel", world);
  const initrd = await bringLocal([beside(said.initrd)], "initrd", world);
  await checkSums(folder, [kernel, initrd, script]);
  return [kernel, initrd, script];
}

/** The text of a script, which is short. */
export async function scriptText({ path, url, sizeBytes }: FetchedFile): Promise<string> {
  if (sizeBytes > longestScript) throw notBootable("its script is longer than any of NixOS", url);
  return await readFile(path, "utf8");
}

/** Whether a path that somebody wrote is a folder or a tarball of a build; says so where it is nothing at all. */
export async function requireThere(path: string): Promise<void> {
  await stat(path).catch((cause: unknown) => {
    throw new DrybootError(`there is nothing at ${path}`, {
      code: "NIXOS_INCOMPLETE",
      where: path,
      hint: "`from` is a folder with bzImage, initrd and netboot.ipxe, or a kexec tarball; relative to the site file",
      cause,
    });
  });
}
