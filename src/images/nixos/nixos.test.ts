import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { buildImage, ensureImage } from "../catalogue.ts";
import { emptyWorld, resultFolder, script, system } from "./build.fixture.ts";
import { nixos } from "./nixos.ts";
import type { NixosSystem } from "./source.ts";

const from = (path: string, of: NixosSystem = "x86_64-linux") =>
  nixos({ recipe: "nixos", from: path, system: of });
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const sumsOf = (files: Readonly<Record<string, string>>) =>
  Object.entries(files)
    .map(([name, text]) => `${sha256(text)}  ${name}\n`)
    .join("");

async function tarball(path: string, members: readonly (readonly [string, string, "file" | "symlink"])[]) {
  const archive = pack();
  for (const [name, content, type] of members) {
    if (type === "file") archive.entry({ name }, content);
    else archive.entry({ name, type, linkname: content });
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.pipe(createGzip())) chunks.push(chunk as Buffer);
  await writeFile(path, Buffer.concat(chunks));
  return path;
}

describe("a NixOS out of a folder", () => {
  test("becomes an image of level 3, its files unchanged, with the words of its own script", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const image = await buildImage(from(await resultFolder(folder)), { store: world.store });
    expect(image.level).toBe(3);
    expect(image.commandLine).toBe(`init=${system}/init root=fstab loglevel=4 console=ttyS0,115200`);
    expect(await readFile(image.kernel.path, "utf8")).toBe("a kernel");
    expect(await Promise.all(image.initrds.map(({ path }) => readFile(path, "utf8")))).toEqual(["an initrd"]);
    const [sums] = image.files;
    expect(sums?.name).toBe("SHA256SUMS");
    expect(await readFile(sums?.path ?? "", "utf8")).toBe(
      sumsOf({ bzImage: "a kernel", initrd: "an initrd" }),
    );
    expect(image.inputs.map((input) => input.sha256)).toEqual(
      ["a kernel", "an initrd", script()].map(sha256),
    );
  });

  test("is taken anew when the folder has another build, and else not touched again", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const result = await resultFolder(folder);
    const first = await buildImage(from(result), { store: world.store });
    expect((await ensureImage(from(result), { store: world.store })).builtAt).toBe(first.builtAt);
    const next = system.replace("0y5w", "1y5w");
    await writeFile(join(result, "netboot.ipxe"), script("bzImage", "initrd", `${next}/init`));
    expect((await ensureImage(from(result), { store: world.store })).commandLine).toContain(
      `init=${next}/init`,
    );
  });

  test("may have files that are called as the whole addresses in its script end", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const at = "https://example.org/nixos-26.05";
    await writeFile(
      join(folder, "netboot.ipxe"),
      script(`${at}/Image-aarch64-linux`, `${at}/initrd-aarch64-linux`),
    );
    await writeFile(join(folder, "Image-aarch64-linux"), "a kernel");
    await writeFile(join(folder, "initrd-aarch64-linux"), "an initrd");
    const image = await buildImage(from(folder, "aarch64-linux"), { store: world.store });
    expect(image.kernel.name).toBe("Image");
    expect(image.commandLine).toMatch(/ console=ttyAMA0,115200$/);
  });

  test.each([
    [
      "what was counted",
      sumsOf({ bzImage: "a kernel", initrd: "an initrd", "netboot.ipxe": script() }),
      undefined,
    ],
    [
      "a file that is another",
      sumsOf({ bzImage: "a kernel", initrd: "cut", "netboot.ipxe": script() }),
      /initrd should/,
    ],
    [
      "a file that was not counted",
      sumsOf({ bzImage: "a kernel", initrd: "an initrd" }),
      /does not name netboot.ipxe/,
    ],
    ["counts that are none", "MD5 (bzImage) = 00\n", /none that `sha256sum` writes/],
  ])("with SHA256SUMS is compared: %s", async (_, sums, problem) => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const result = await resultFolder(folder);
    await writeFile(join(result, "SHA256SUMS"), sums);
    const building = buildImage(from(result), { store: world.store });
    if (problem === undefined) expect((await building).level).toBe(3);
    else
      await expect(building).rejects.toMatchObject({
        code: "NIXOS_SUMS",
        message: expect.stringMatching(problem),
      });
  });

  test("that is dryboot's own stand-in is not passed off as NixOS", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const init = `${system.replace("20260601.abc", "dryboot-standin")}/init`;
    const result = await resultFolder(folder, script("bzImage", "initrd", init));
    await expect(buildImage(from(result), { store: world.store })).rejects.toMatchObject({
      code: "NIXOS_NOT_BOOTABLE",
      message: expect.stringContaining("stand-in"),
    });
  });

  test("without one of its files is refused, and names it", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const result = await resultFolder(folder);
    await rm(join(folder, "elsewhere/initrd"));
    await expect(buildImage(from(result), { store: world.store })).rejects.toMatchObject({
      code: "NIXOS_INCOMPLETE",
      message: "there is no initrd",
    });
    await expect(buildImage(from(join(folder, "nowhere")), { store: world.store })).rejects.toMatchObject({
      code: "NIXOS_INCOMPLETE",
    });
  });
});

describe("a NixOS out of a kexec tarball", () => {
  const words = `init=${system}/init nohibernate console=ttyS0,115200n8 console=tty0`;
  const line = `${words.replace(" console=ttyS0,115200n8", "")} console=ttyS0,115200`;
  const files = [
    ["kexec/bzImage", "a kernel", "file"],
    ["kexec/initrd", "an initrd", "file"],
    ["kexec/kexec", "a program", "file"],
  ] as const;

  test.each([
    [
      "in two variables",
      `#!/bin/sh\ninit="${system}/init"\nkernelParams="${words.replace(/^\S+ /, "")}"\nexec kexec\n`,
    ],
    ["behind an option", `"$D/kexec" --load "$D/bzImage" \\\n  --initrd=i \\\n  --command-line "${words}"\n`],
    ["behind an older one", `kexec --load ./bzImage --initrd=./initrd --append='${words}'\n`],
  ])("is read and not run; its words stand %s", async (_, run) => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const path = await tarball(join(folder, "nixos-kexec-installer.tar.gz"), [
      ...files,
      ["kexec/run", run, "file"],
    ]);
    const image = await buildImage(from(path), { store: world.store });
    expect(image.commandLine).toBe(line);
    expect(await readFile(image.kernel.path, "utf8")).toBe("a kernel");
    expect(image.inputs).toMatchObject([
      {
        sha256: createHash("sha256")
          .update(await readFile(path))
          .digest("hex"),
      },
    ]);
  });

  const run = ["kexec/run", `kexec --command-line "${words}"`, "file"] as const;
  test.each([
    ["a link for a kernel", [["kexec/bzImage", "/etc/shadow", "symlink"], files[1], run], /no single file/],
    ["two kernels", [files[0], files[0], files[1], run], /no single file/],
    ["no initrd", [files[0], run], /holds no kexec\/initrd/],
    ["no script", [files[0], files[1]], /holds no kexec\/run/],
    [
      "a script without words",
      [files[0], files[1], ["kexec/run", "exec true", "file"]],
      /no kernel command line/,
    ],
    ["a member that climbs out", [["../kexec/bzImage", "x", "file"], run], /cannot be read/],
  ] as const)("is refused with %s", async (_, members, why) => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    const path = await tarball(join(folder, "kexec.tar.gz"), members);
    await expect(buildImage(from(path), { store: world.store })).rejects.toMatchObject({
      code: "NIXOS_NOT_BOOTABLE",
      message: expect.stringMatching(why),
    });
  });

  test("is refused when it is no archive at all", async () => {
    await using cleanup = new AsyncDisposableStack();
    const { folder, world } = await emptyWorld(cleanup);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "kexec.tar.gz"), "<html>");
    await expect(
      buildImage(from(join(folder, "kexec.tar.gz")), { store: world.store }),
    ).rejects.toMatchObject({
      code: "NIXOS_NOT_BOOTABLE",
    });
  });
});
