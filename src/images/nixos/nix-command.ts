import type { NixosSource, NixosSystem } from "./source.ts";

/** What Nix is asked to build: a module file, or `PATH-OR-URL#NAME` with a name of its `nixosConfigurations`. */
export type NixSource = Extract<NixosSource, { kind: "configuration" | "flake" }>;

/** What of a build a machine needs, in the order in which they are asked for. */
const parts = ["kernel", "netbootRamdisk", "netbootIpxeScript"] as const;

/**
 * The command that builds what a machine needs of a system, and prints the store path of each. The links at `outLink` keep
 * Nix's garbage collector from what has just been built.
 */
export function nixCommand(
  source: NixSource,
  system: NixosSystem,
  outLink: string,
): [program: string, args: string[]] {
  if (source.kind === "configuration") {
    return [
      "nix-build",
      [
        ...["<nixpkgs/nixos>", "-I", `nixos-config=${source.configuration}`],
        ...["--argstr", "system", system, "--out-link", outLink],
        ...parts.flatMap((part) => ["-A", `config.system.build.${part}`]),
      ],
    ];
  }
  const [where = "", name = ""] = source.flake.split("#");
  const attribute = `nixosConfigurations.${name}.config.system.build`;
  return [
    "nix",
    [
      ...[
        "--extra-experimental-features",
        "nix-command flakes",
        "build",
        "--print-out-paths",
        "--print-build-logs",
      ],
      ...["--out-link", outLink, ...parts.map((part) => `${where}#${attribute}.${part}`)],
    ],
  ];
}

/** Which part of the output is where: the paths that the command printed, in the order of its arguments. */
export function nixOutputs(printed: string): Record<"kernel" | "ramdisk" | "script", string> | undefined {
  const paths = printed.split("\n").filter((line) => line !== "");
  const [kernel, ramdisk, script, ...more] = paths;
  if (kernel === undefined || ramdisk === undefined || script === undefined || more.length > 0)
    return undefined;
  return paths.every((path) => /^\/[^\0]+$/.test(path)) ? { kernel, ramdisk, script } : undefined;
}

/** What is known of a build that runs. */
export class NixProgress {
  #wanted = 0;
  #begun = 0;
  #kind: "built" | "fetched" | undefined;

  /** Takes a line that Nix printed; what it says for a person who waits, undefined when that is nothing new. */
  read(line: string): string | undefined {
    const announced = /^(?:these (\d+)|this) (derivations?|paths?) will be (built|fetched)/.exec(line);
    if (announced) {
      const [, count = "1", , kind] = announced;
      this.#wanted += Number(count);
      this.#kind = kind === "built" ? "built" : "fetched";
      return `${line.replace(/:$/, "")}`;
    }
    const begun = /^(building|copying path) '\S*\/[a-z0-9]{32}-([^']+)'/.exec(line);
    if (!begun) return undefined;
    const [, verb, name = ""] = begun;
    this.#begun += 1;
    const of = this.#wanted >= this.#begun && this.#kind ? `, ${this.#begun} of ${this.#wanted}` : "";
    return `${verb === "building" ? "building" : "copying"} ${name.replace(/\.drv$/, "")}${of}`;
  }
}
