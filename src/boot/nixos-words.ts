/** nix's base 32: no e, o, t and u. */
const hash = "[0-9abcdfghijklmnpqrsvwxyz]{32}";
const nixosInit = new RegExp(`^init=/nix/store/${hash}-[A-Za-z0-9+._?=-]+(?:/[A-Za-z0-9+._?=-]+)*/init$`);

/** Whether a word is the `init=` of a NixOS system: below /nix/store, and called init. */
export function isNixosInit(word: string): boolean {
  return nixosInit.test(word) && !word.includes("/../") && !word.includes("/./");
}

/** The `init=` by which an image is known to be a NixOS; undefined when it is none. */
export function nixosInitOf(commandLine: string): string | undefined {
  return commandLine.split(/\s+/).find(isNixosInit);
}

/** What is wrong with one word of the command line of a NixOS, and what to do about it. */
export type NixosProblem = Readonly<{ says: string; fix: string; word?: string }>;

/**
 * Why a NixOS does not boot with these words; `own` is the command line that its build says.
 *
 * Stage 1 hands over to `init=` and nothing else, which is another one with each build. nixos-init counts them and stops at
 * two. A second `root=` makes systemd's generator stop, because the unit is there already.
 */
export function nixosProblem(words: readonly string[], own: string): NixosProblem | undefined {
  const init = nixosInitOf(own);
  if (init === undefined) return undefined;
  const inits = words.filter((word) => word.startsWith("init="));
  const other = inits.find((word) => word !== init);
  if (other !== undefined) {
    return {
      says: `\`${other}\` is not the init of this image, which is ${init.slice("init=".length)}`,
      fix: "take it out: the image brings its own, another one with every build",
      word: other,
    };
  }
  if (inits.length !== 1) {
    return {
      says: `it names ${inits.length === 0 ? "no" : inits.length} \`init=\`, and NixOS takes exactly one`,
      fix:
        inits.length === 0
          ? "add words with `commandLine`: `replaceCommandLine` loses the one that the image brings"
          : "name it once: the image brings it",
      ...(inits.length === 0 ? {} : { word: init }),
    };
  }
  const roots = (of: readonly string[]) => of.filter((word) => word.startsWith("root="));
  const ownRoots = new Set(roots(own.split(/\s+/)));
  const root = roots(words).find((word) => !ownRoots.has(word)) ?? roots(words)[1];
  if (root === undefined) return undefined;
  return {
    says: `\`${root}\` stands beside the root file system that the image brings`,
    fix: "take it out: its initrd knows where its root is, and stops at a second one",
    word: root,
  };
}
