import { expect, test } from "vitest";
import { checkedSite } from "./load.ts";

const site = (image: object) => ({ name: "lab", images: { node: { recipe: "nixos", ...image } } });

test.each([
  [{ from: "release", release: "nixos-26.05" }],
  [{ from: "nix-build", configuration: "node.nix" }],
  [{ from: "nix-build", flake: ".#node" }],
  [{ from: "./result" }],
  [{ from: "constructor" }], // a folder may be called so
  [{ from: "kexec.tar.gz", system: "aarch64-linux" }],
])("a NixOS may come from %j", (image) => {
  expect(checkedSite(site(image), "site").images["node"]).toMatchObject(image);
});

test.each([
  [{ from: "release" }, /needs `release` beside `from: "release"`/],
  [{ from: "nix-build" }, /needs `configuration` or `flake`/],
  [{ from: "nix-build", configuration: "a.nix", flake: ".#a" }, /and only one/],
  [{ from: "./result", release: "nixos-26.05" }, /release` says nothing beside `from: "\.\/result"`/],
  [{ from: "release", release: "nixos-26.05", flake: ".#a" }, /flake` says nothing/],
  [{ from: "release", release: "26.05" }, /expected a release such as nixos-26\.05/],
  [{ from: "nix-build", flake: "--option x#a" }, /expected a flake/],
  [{ from: "nix-build", flake: ".#a.b" }, /expected a flake/],
  [{ from: "kexec.tar.xz" }, /only \.tar\.gz can be read/],
])("%j is no origin of a NixOS", (image, why) => {
  expect(() => checkedSite(site(image), "site")).toThrow(
    expect.objectContaining({ code: "SITE_INVALID", message: expect.stringMatching(why) }),
  );
});
