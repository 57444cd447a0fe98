import { describe, expect, test } from "vitest";
import type { NixosChoice } from "./source.ts";
import { locatedNixos, nixosName, nixosNamed, sourceOf } from "./source.ts";

const choice = (more: Partial<NixosChoice>): NixosChoice => ({
  ...{ recipe: "nixos", from: "nix-build", system: "x86_64-linux" },
  ...more,
});

describe("where a NixOS comes from", () => {
  test.each([
    [{ from: "release", release: "nixos-26.05" }, "release", /^nixos-26\.05$/],
    [
      { from: "release", release: "nixos-unstable", system: "aarch64-linux" },
      "release",
      /^nixos-unstable-aarch64$/,
    ],
    [{ configuration: "/etc/Node A.nix" }, "configuration", /^nixos-built-node-a-[0-9a-f]{8}$/],
    [{ flake: "/srv/lab#node" }, "flake", /^nixos-flake-node-[0-9a-f]{8}$/],
    [{ from: "/srv/result" }, "folder", /^nixos-from-result-[0-9a-f]{8}$/],
    [
      { from: "/srv/nixos-kexec-installer-x86_64-linux.tar.gz" },
      "tarball",
      /^nixos-from-nixos-kexec-[a-z0-9-]+$/,
    ],
    [{ from: "/srv/ä" }, "folder", /^nixos-from-[0-9a-f]{8}$/],
  ] as const)("%j is a %s, and has a name of its own in the store", (more, kind, name) => {
    const source = sourceOf(choice(more));
    expect(source.kind).toBe(kind);
    expect(nixosName(source, choice(more).system)).toMatch(name);
  });

  test("two that are called alike have different names", () => {
    const names = ["/a/result", "/b/result"].map((from) =>
      nixosName(sourceOf(choice({ from })), "x86_64-linux"),
    );
    expect(new Set(names).size).toBe(2);
  });

  test("a person names it by a path or a flake", () => {
    const named = [
      "node.nix",
      "./result",
      "a/kexec.tar.gz",
      "kexec.tgz",
      ".#node",
      "github:us/lab#node",
      "nixos-26.05",
    ].map((name) => sourceOf(nixosNamed(name, "/srv") ?? choice({})));
    expect(named).toEqual([
      { kind: "configuration", configuration: "/srv/node.nix" },
      { kind: "folder", path: "/srv/result" },
      { kind: "tarball", path: "/srv/a/kexec.tar.gz" },
      { kind: "tarball", path: "/srv/kexec.tgz" },
      { kind: "flake", flake: "/srv#node" },
      { kind: "flake", flake: "github:us/lab#node" },
      { kind: "release", release: "nixos-26.05" },
    ]);
    expect(nixosNamed("rescue", "/srv")).toBeUndefined();
  });

  test("paths begin at the site file; words and addresses are none", () => {
    expect(locatedNixos({ from: "../result" }, "/srv/site")).toEqual({ from: "/srv/result" });
    expect(locatedNixos({ from: "release" }, "/srv/site")).toEqual({ from: "release" });
    expect(locatedNixos({ from: "nix-build", configuration: "node.nix" }, "/srv/site")).toEqual({
      from: "nix-build",
      configuration: "/srv/site/node.nix",
    });
    const flakes = [".#node", "github:us/lab#node", "lab#node"];
    expect(flakes.map((flake) => locatedNixos({ from: "nix-build", flake }, "/srv/site").flake)).toEqual([
      "/srv/site#node",
      "github:us/lab#node",
      "lab#node",
    ]);
  });
});
