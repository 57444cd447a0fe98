import { wordsOf } from "../../boot/ipxe/words.ts";
import { isNixosInit } from "../../boot/nixos-words.ts";
import { DrybootError } from "../../core/errors.ts";

/** How the console of a NixOS shows that it is up: a login, or the words in its place where a user is logged in unasked. */
export const nixosReady = /\blogin: (?:$|\S+ \(automatic login\))/;

/** What a NixOS build says about how it is started. */
export interface NixosBoot {
  /** Its kernel parameters, `init=` first. It is another one with every build, and only the build knows it. */
  words: readonly string[];
  /** The version in the name of its system, as people know it. */
  label: string;
}

/** Judges the words that stand beside the files of a build; what we say ourselves (`initrd=`) is not among them. */
export function nixosBoot(words: readonly string[], where: string): NixosBoot {
  const own = words.filter((word) => word !== "" && !word.startsWith("initrd="));
  const inits = own.filter((word) => word.startsWith("init="));
  const [init = ""] = inits;
  if (inits.length !== 1)
    throw notBootable(`it names ${inits.length} \`init=\`, and a boot needs one`, where);
  if (!isNixosInit(init)) throw notBootable(`\`${init}\` is not the init of a system in /nix/store`, where);
  if (own.filter((word) => word.startsWith("root=")).length > 1)
    throw notBootable("it names more than one `root=`", where);
  const odd = own.find((word) => !/^[\x21-\x7e]+$/.test(word) || /[{}$`"']/.test(word));
  if (odd !== undefined)
    throw notBootable(
      `\`${odd.slice(0, 80)}\` is no plain word: whoever reads it would have to run it`,
      where,
    );
  return { words: [init, ...own.filter((word) => word !== init)], label: labelOf(init) };
}

/**
 * The command line of an image of it: its own words, and the serial console last, which becomes /dev/console. NixOS names
 * none, or the screen last.
 */
export function nixosCommandLine({ words }: NixosBoot, serial = "ttyS0"): string {
  const others = words.filter((word) => !word.startsWith(`console=${serial}`));
  return [...others, `console=${serial},115200`].join(" ");
}

/** `26.05.20260601.abc` of `/nix/store/HASH-nixos-system-nixos-kexec-26.05.20260601.abc/init`. */
function labelOf(init: string): string {
  return /-(\d{2}\.\d{2}[^/-]*(?:-[^/]*)?)\//.exec(init)?.[1] ?? "of an unknown version";
}

/** The words of a kernel command line in a text of somebody else's. */
export function nixosWords(line: string): string[] {
  return wordsOf(line.replaceAll(/[\r\n\v\f]/g, " "));
}

/** What was found is no NixOS that could be booted. */
export function notBootable(problem: string, where: string): DrybootError {
  return new DrybootError(`this is no NixOS to be booted over the network: ${problem}`, {
    code: "NIXOS_NOT_BOOTABLE",
    where,
    hint: "build it with `netboot/netboot.nix` or `netboot-minimal.nix` of nixpkgs among its imports: docs/nixos.md",
  });
}
