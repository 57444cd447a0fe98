import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { openServed } from "./served-file.ts";
import { findInFolder } from "./served-folder.ts";

/** `root/` with a tree like Debian's installer has, and `secret` beside it. */
async function world(): Promise<{ folder: string; root: string }> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-folder-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const root = join(folder, "root");
  await mkdir(join(root, "debian-installer/amd64/pxelinux.cfg"), { recursive: true });
  await writeFile(join(root, "debian-installer/amd64/pxelinux.0"), "loader");
  await writeFile(join(root, "debian-installer/amd64/pxelinux.cfg/default"), "menu");
  await symlink("debian-installer/amd64/pxelinux.0", join(root, "pxelinux.0"));
  await symlink("debian-installer/amd64/pxelinux.cfg", join(root, "pxelinux.cfg"));
  await writeFile(join(folder, "secret"), "secret");
  await mkdir(join(folder, "root-2"));
  await writeFile(join(folder, "root-2/file"), "secret");
  return { folder, root };
}

async function content(root: string, name: string): Promise<string | undefined> {
  const file = await findInFolder(root, name);
  if (file === undefined || !("path" in file)) return undefined;
  await using handle = await openServed(file);
  return await text(handle.createReadStream({ autoClose: false }));
}

test("files and links that stay inside are found", async () => {
  const { root } = await world();
  expect(await content(root, "debian-installer/amd64/pxelinux.0")).toBe("loader");
  expect(await content(root, "pxelinux.0")).toBe("loader");
  expect(await content(root, "pxelinux.cfg/default")).toBe("menu");
  await symlink(join(root, "pxelinux.0"), join(root, "absolute"));
  expect(await content(root, "absolute")).toBe("loader");
});

test.each([
  ["a name with ..", "../secret"],
  ["one further down", "pxelinux.cfg/../../../../secret"],
  ["NUL", "pxelinux.0\0"],
  ["a folder", "pxelinux.cfg"],
  ["a file as a folder", "pxelinux.0/default"],
  ["nothing", "nothing"],
  ["a name that is too long", "x".repeat(300)],
])("%s names no file", async (_, name) => {
  const { root } = await world();
  expect(await findInFolder(root, name)).toBeUndefined();
});

test.each([
  ["a relative link", "../secret", "link"],
  ["an absolute link", "/etc/passwd", "link"],
  ["a link to a folder", "..", "link/secret"],
  ["a link to a sibling whose name begins alike", "../root-2", "link/file"],
  ["a link to itself", "link", "link"],
  ["a link through the descriptors of a process", "/proc/self/root/etc/passwd", "link"],
  ["a device", "/dev/zero", "link"],
])("%s that leads outside names no file", async (_, target, name) => {
  const { root } = await world();
  await symlink(target, join(root, "link"));
  expect(await findInFolder(root, name)).toBeUndefined();
});

test("a FIFO names no file, and nobody waits for its other end", async () => {
  const { root } = await world();
  await promisify(execFile)("mkfifo", [join(root, "fifo")]);
  expect(await findInFolder(root, "fifo")).toBeUndefined();
});

test("a folder that is swapped for a link at any moment gives nothing away", async () => {
  const { root, folder } = await world();
  await mkdir(join(root, "real"));
  await writeFile(join(root, "real/secret"), "public");
  await symlink("..", join(root, "fake"));
  let swapping = true;
  const swap = async () => {
    while (swapping) {
      await rename(join(root, "real"), join(folder, "aside"));
      await rename(join(root, "fake"), join(root, "real"));
      await rename(join(root, "real"), join(root, "fake"));
      await rename(join(folder, "aside"), join(root, "real"));
    }
  };
  const swapped = swap();
  const seen = new Set<string | undefined>();
  for (let i = 0; i < 2000; i += 1) seen.add(await content(root, "real/secret").catch(() => "an error"));
  swapping = false;
  await swapped;
  expect(seen).not.toContain("secret");
  expect(await content(root, "real/secret")).toBe("public");
});

test("a folder that is a link may be pointed elsewhere, and the next request sees it", async () => {
  const { root, folder } = await world();
  const current = join(folder, "current");
  await symlink("root", current);
  expect(await content(current, "pxelinux.0")).toBe("loader");
  await symlink("root-2", join(folder, "next"));
  await rename(join(folder, "next"), current);
  expect(await content(current, "pxelinux.0")).toBeUndefined();
  expect(await content(current, "file")).toBe("secret");
  expect(await content(root, "pxelinux.0")).toBe("loader");
});

test("a folder that is not there is an error that names it", async () => {
  const { folder } = await world();
  await expect(findInFolder(join(folder, "nowhere"), "x")).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
    where: join(folder, "nowhere/x"),
  });
});
