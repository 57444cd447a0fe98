import { expect, test } from "vitest";
import { isNixosInit } from "../../boot/nixos-words.ts";
import { standInStorePath } from "./store-path.ts";

test("a stand-in's path has the shape of one in a Nix store, and changes with what it is made from", () => {
  const path = standInStorePath("nixos-system-nixos-kexec-26.05", ["a", "b"]);
  expect(isNixosInit(`init=${path}/init`)).toBe(true);
  expect(standInStorePath("nixos-system-nixos-kexec-26.05", ["a", "b"])).toBe(path);
  expect(standInStorePath("nixos-system-nixos-kexec-26.05", ["a", "c"])).not.toBe(path);
  // Where one part ends counts.
  expect(standInStorePath("nixos-system-nixos-kexec-26.05", ["ab", ""])).not.toBe(path);
});
