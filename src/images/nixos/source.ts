import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";

export type NixosSystem = "x86_64-linux" | "aarch64-linux";

/** What a site says about where its NixOS comes from; paths are absolute. */
export interface NixosChoice {
  recipe: "nixos";
  /** `release`, `nix-build`, or a folder or tarball with what somebody has built. */
  from: string;
  release?: string | undefined;
  configuration?: string | undefined;
  flake?: string | undefined;
  system: NixosSystem;
}

/** The same, one kind each. */
export type NixosSource =
  | Readonly<{ kind: "release"; release: string }>
  | Readonly<{ kind: "configuration"; configuration: string }>
  | Readonly<{ kind: "flake"; flake: string }>
  | Readonly<{ kind: "folder" | "tarball"; path: string }>;

const needs = "the site's check has seen that it is there";

export function sourceOf({ from, release, configuration, flake }: NixosChoice): NixosSource {
  if (from === "release") return { kind: "release", release: release ?? fail(needs) };
  if (from !== "nix-build")
    return { kind: /\.(?:tar\.gz|tgz)$/.test(from) ? "tarball" : "folder", path: from };
  return configuration === undefined
    ? { kind: "flake", flake: flake ?? fail(needs) }
    : { kind: "configuration", configuration };
}

/** A NixOS by what a person names on the command line; undefined for what is no release, no path and no flake. */
export function nixosNamed(name: string, folder: string): NixosChoice | undefined {
  const choice = (from: Paths): NixosChoice => ({
    ...{ recipe: "nixos", system: "x86_64-linux" },
    ...locatedNixos(from, folder),
  });
  if (/^[^\s#]+#[A-Za-z_][\w-]*$/.test(name)) return choice({ from: "nix-build", flake: name });
  if (/^nixos-(?:\d\d\.\d\d|unstable)$/.test(name)) return { ...choice({ from: "release" }), release: name };
  if (name.endsWith(".nix")) return choice({ from: "nix-build", configuration: name });
  return /\/|\.(?:tar\.gz|tgz)$/.test(name) ? choice({ from: name }) : undefined;
}

type Paths = Pick<NixosChoice, "from" | "configuration" | "flake">;

/** The same choice with paths that mean the same from anywhere. */
export function locatedNixos({ from, configuration, flake }: Paths, folder: string): Paths {
  const [where = "", name = ""] = flake?.split("#") ?? [];
  return {
    from: from === "release" || from === "nix-build" ? from : resolve(folder, from),
    ...(configuration === undefined ? {} : { configuration: resolve(folder, configuration) }),
    // As Nix reads it: what begins so is a path, anything else an address or a name of a registry.
    ...(flake === undefined
      ? {}
      : { flake: /^[./]/.test(where) ? `${resolve(folder, where)}#${name}` : flake }),
  };
}

/** The image's name in the store: what a person recognises, and enough to tell it from others that are called alike. */
export function nixosName(source: NixosSource, system: NixosSystem): string {
  const arch = system === "x86_64-linux" ? "" : "-aarch64";
  switch (source.kind) {
    case "release":
      return `${source.release}${arch}`;
    case "flake":
      return named("flake", source.flake.replace(/^.*#/, ""), source.flake) + arch;
    case "configuration":
      return (
        named("built", basename(source.configuration).replace(/\.nix$/, ""), source.configuration) + arch
      );
    default:
      return named("from", basename(source.path).replace(/\.(?:tar\.gz|tgz)$/, ""), source.path) + arch;
  }
}

function named(how: string, short: string, whole: string): string {
  const plain = short
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 40);
  const digest = createHash("sha256").update(whole).digest("hex").slice(0, 8);
  return ["nixos", how, ...(plain === "" ? [] : [plain]), digest].join("-");
}

function fail(why: string): never {
  throw new Error(why);
}
