import { chmod, lstat, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DecodeError } from "../../../core/errors.ts";
import type { TarEntry } from "../tar.ts";
import { runlevelLinks } from "./runlevels.ts";
import { digestOfFiles, skeletonIn } from "./skeleton.ts";
import { placeInTree, readTree, unpackTree } from "./tree.ts";

const member = (path: string, more: Partial<TarEntry>): TarEntry => ({
  ...{ path, type: "file", mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, pax: new Map() },
  content: Buffer.from(path),
  ...more,
});
const file = (path: string, content = path, mode = 0o644) => ({ path, bytes: Buffer.from(content), mode });

describe("the files of an image that is being made", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-tree-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("come out of an archive as they went in", async () => {
    await unpackTree(
      [
        member("bin", { type: "folder", mode: 0o555 }),
        member("bin/busybox", { mode: 0o755 }),
        member("bin/same", { type: "hardlink", target: "bin/busybox" }),
        member("bin/sh", { type: "symlink", target: "/bin/busybox" }),
        member("bbsuid", { mode: 0o111 }),
      ],
      folder,
    );
    const read = (await readTree(folder, new Set())).toSorted((a, b) => (a.path < b.path ? -1 : 1));
    expect(read).toEqual([
      { type: "file", path: "bbsuid", mode: 0o111, bytes: Buffer.from("bbsuid") },
      { type: "folder", path: "bin", mode: 0o555 },
      { type: "file", path: "bin/busybox", mode: 0o755, bytes: Buffer.from("bin/busybox") },
      { type: "file", path: "bin/same", mode: 0o755, bytes: Buffer.from("bin/busybox") },
      { type: "symlink", path: "bin/sh", target: "/bin/busybox" },
    ]);
    await chmod(join(folder, "bin"), 0o755);
  });

  test.each<[string, TarEntry[]]>([
    [
      "goes through a link of its own",
      [member("out", { type: "symlink", target: "/tmp" }), member("out/x", {})],
    ],
    ["stands in no folder", [member("a/b", {})]],
    ["is a device", [member("console", { type: "char-device", device: { major: 5, minor: 1 } })]],
    ["is a link to a file that is not there", [member("x", { type: "hardlink", target: "y" })]],
  ])("refuse an archive of which one %s", async (_, entries) => {
    await expect(unpackTree(entries, folder)).rejects.toBeInstanceOf(DecodeError);
  });

  test("are put in place of what is there, but never through a link", async () => {
    await symlink("/nowhere", join(folder, "motd"));
    await placeInTree(folder, file("motd", "hello"));
    await placeInTree(folder, file("etc/init.d/x", "script", 0o755));
    expect(await readFile(join(folder, "motd"), "utf8")).toBe("hello");
    expect((await lstat(join(folder, "etc/init.d/x"))).mode & 0o777).toBe(0o755);
    const outside = await mkdtemp(join(tmpdir(), "dryboot-outside-"));
    await symlink(outside, join(folder, "run"));
    await expect(placeInTree(folder, file("run/x"))).rejects.toMatchObject({ code: "IMAGE_TREE" });
    await expect(lstat(join(outside, "x"))).rejects.toMatchObject({ code: "ENOENT" });
    await rm(outside, { recursive: true });
  });

  test("leave out what is in folders that are filled at the boot", async () => {
    await placeInTree(folder, file("run/pid"));
    expect((await readTree(folder, new Set(["run"]))).map(({ path }) => path)).toEqual(["run"]);
  });

  test("of a skeleton are known by their content and whether they can be run, not by who checked them out", async () => {
    await mkdir(join(folder, "etc"));
    await writeFile(join(folder, "etc/a"), "a", { mode: 0o600 });
    const before = digestOfFiles(skeletonIn(folder));
    await chmod(join(folder, "etc/a"), 0o664);
    expect(digestOfFiles(skeletonIn(folder))).toBe(before);
    await chmod(join(folder, "etc/a"), 0o755);
    expect(digestOfFiles(skeletonIn(folder))).not.toBe(before);
  });

  test("of a skeleton that is not there are told with the place", () => {
    expect(() => skeletonIn(join(folder, "no"))).toThrow(expect.objectContaining({ code: "IMAGE_SKELETON" }));
  });
});

test("services of a site are started before the boot server is told that all is up", () => {
  const links = runlevelLinks(["sshd"]).filter(({ path }) => path.includes("/default/"));
  expect(links).toEqual([
    { path: "etc/runlevels/default/sshd", target: "/etc/init.d/sshd" },
    { path: "etc/runlevels/default/dryboot-ready", target: "/etc/init.d/dryboot-ready" },
  ]);
});
