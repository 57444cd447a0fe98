import type { Finding, Rule } from "./lint-rule.ts";
import type { Boot } from "./lint-site.ts";
import { bootsOf } from "./lint-site.ts";
import { nixosProblem } from "./nixos-words.ts";

/** What is wrong with the command line of a NixOS, as the server finds it too. */
export function nixosFinding({ words, image, about }: Boot): Finding | undefined {
  const found = nixosProblem(
    words.map(({ word }) => word),
    about.built?.commandLine ?? "",
  );
  if (found === undefined) return undefined;
  const place = words.findLast(({ word }) => word === found.word)?.path;
  return { path: place ?? ["images", image, "replaceCommandLine"], says: found.says, fix: found.fix };
}

const nixosCommandLine: Rule = {
  id: "nixos-command-line",
  severity: "error",
  title: "A NixOS is told another system or another root than its own",
  why: "Stage 1 hands over to `init=`, which is another one with every build and in the initrd of that build only; nixos-init stops at two of them. A second `root=` stops systemd's generator. Such a script is not served.",
  check: (site) => bootsOf(site).flatMap((boot) => nixosFinding(boot) ?? []),
};

export const nixosRules: readonly Rule[] = [nixosCommandLine];
