import { expect, test } from "vitest";
import { recipeDigest } from "../recipe.ts";
import { debianInstaller } from "./installer.ts";
import { debianLive } from "./live.ts";

test("a live system has one name and one digest for each set of packages, in whatever order", async () => {
  const one = debianLive({ packages: ["openssh-server", "lldpd"] });
  const other = debianLive({ packages: ["lldpd", "openssh-server"] });
  expect(one.name).toBe(other.name);
  expect(one.name).toMatch(/^debian-live-[0-9a-f]{8}$/);
  expect(await recipeDigest(one)).toBe(await recipeDigest(other));
  const names = [debianLive(), debianLive({ release: 13 }), one, debianLive({ packages: ["lldpd"] })];
  expect(new Set(names.map(({ name }) => name)).size).toBe(4);
});

test("an installer has the release's own package, and a name of its own with a preseed file", () => {
  expect(debianInstaller()).toMatchObject({ name: "debian-installer", suite: "bookworm" });
  expect(debianInstaller({ release: 13 })).toMatchObject({
    name: "debian-installer-13",
    suite: "trixie",
    packages: ["debian-installer-13-netboot-amd64"],
  });
  const preseed = import.meta.filename;
  const own = debianInstaller({ preseed });
  expect(own.name).toMatch(/^debian-installer-[0-9a-f]{8}$/);
  expect(own.sources).toContain(preseed);
});

test("a preseed file that is not there is named", () => {
  expect(() => debianInstaller({ preseed: "/nowhere/preseed.cfg" })).toThrow(
    expect.objectContaining({ code: "PRESEED_MISSING", where: "/nowhere/preseed.cfg", exitCode: 2 }),
  );
});
