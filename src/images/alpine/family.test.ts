import { describe, expect, test } from "vitest";
import type { AlpineChoice } from "./family.ts";
import { alpineProblem, alpineRecipe } from "./family.ts";

const choice: AlpineChoice = {
  ...{ recipe: "alpine", from: "netboot", branch: "v3.19", flavor: "virt", arch: "x86_64" },
};

describe("an Alpine image", () => {
  test.each<[string, Partial<AlpineChoice>, string, number]>([
    ["its netboot files", {}, "alpine-netboot-3.19-virt-x86-64", 3],
    ["those of a version", { version: "3.19.1" }, "alpine-netboot-3.19.1-virt-x86-64", 3],
    ["those for ARM", { arch: "aarch64", flavor: "lts" }, "alpine-netboot-3.19-lts-aarch64", 3],
    ["a stand-in", { from: "minirootfs" }, "alpine-standin-3.19.4-virt", 2],
  ])("is %s", (_, more, name, level) => {
    expect(alpineProblem({ ...choice, ...more })).toBeUndefined();
    expect(alpineRecipe({ ...choice, ...more })).toMatchObject({ name, level });
  });

  test.each<[Partial<AlpineChoice>, string, RegExp]>([
    [{ version: "3.20.1" }, "version", /expected one of v3\.19/],
    [{ version: "3.190.1" }, "version", /expected one of v3\.19/],
    [{ from: "minirootfs", branch: "v3.7" }, "branch", /v3\.18, v3\.19/],
    [{ from: "minirootfs", version: "3.19.1" }, "version", /3\.19\.4/],
    [{ from: "minirootfs", arch: "aarch64" }, "arch", /x86_64/],
  ])("with %j there is none", (more, key, says) => {
    expect(alpineProblem({ ...choice, ...more })).toEqual({ key, says: expect.stringMatching(says) });
  });
});
