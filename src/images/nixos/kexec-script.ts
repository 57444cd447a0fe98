import type { NixosBoot } from "./boot-words.ts";
import { nixosBoot, nixosWords, notBootable } from "./boot-words.ts";

/**
 * Reads how the script of a kexec tarball starts its kernel; it is never run. There are two spellings: nixpkgs and older
 * tarballs say it behind an option of kexec, newer ones of nixos-images in two variables.
 */
export function readKexecScript(text: string, where: string): NixosBoot {
  const init = assigned(text, "init");
  if (init !== undefined)
    return nixosBoot([`init=${init}`, ...nixosWords(assigned(text, "kernelParams") ?? "")], where);
  const [, , line] = /--(?:command-line|append)[ =](["'])(init=.*?)\1/s.exec(text) ?? [];
  if (line !== undefined) return nixosBoot(nixosWords(line), where);
  throw notBootable("its script names no kernel command line", where);
}

function assigned(text: string, name: string): string | undefined {
  return new RegExp(`^\\s*${name}=(["'])(.*?)\\1`, "m").exec(text)?.[2];
}
