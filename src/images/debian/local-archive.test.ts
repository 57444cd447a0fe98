import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../core/child.ts";
import { hostFiles } from "../../host/packages.ts";
import type { FetchedFile } from "../recipe.ts";
import { serveLocalArchive } from "./local-archive.ts";

test.skipIf(!hostFiles().isProgram("dpkg-deb"))(
  "packages are served as an archive whose index has their own words and the digests they came with",
  async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "dryboot-archive-"));
    cleanup.defer(() => rm(folder, { recursive: true }));
    const one = await packageFile(folder, "1:2.0-1");
    const archive = await serveLocalArchive("bookworm", [one]);
    cleanup.use(archive);

    const [, base = ""] = /^deb \[trusted=yes\] (http:\/\/127\.0\.0\.1:\d+\/) bookworm main$/.exec(
      archive.source,
    ) ?? [""];
    const index = await text(`${base}dists/bookworm/main/binary-amd64/Packages`);
    expect(index).toContain("Package: hello\nVersion: 1:2.0-1\n");
    expect(index).toContain(`SHA256: ${one.sha256}\n`);
    const release = await text(`${base}dists/bookworm/Release`);
    expect(release).toContain(
      ` ${createHash("sha256").update(index).digest("hex")} ${index.length} main/binary-amd64/Packages\n`,
    );
    const [, path = ""] = /^Filename: (.*)$/m.exec(index) ?? [];
    const served = await fetch(base + path);
    expect(Buffer.from(await served.arrayBuffer())).toEqual(await readFile(one.path));
    expect((await fetch(`${base}pool/other.deb`)).status).toBe(404);
  },
);

async function text(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

async function packageFile(folder: string, version: string): Promise<FetchedFile> {
  const tree = join(folder, "tree");
  await mkdir(join(tree, "DEBIAN"), { recursive: true });
  const fields = ["Package: hello", `Version: ${version}`, "Architecture: all", "Maintainer: nobody <n@x>"];
  await writeFile(join(tree, "DEBIAN/control"), `${[...fields, "Description: says so"].join("\n")}\n`);
  const path = join(folder, "a name that says nothing");
  await run("dpkg-deb", ["--root-owner-group", "--build", tree, path]);
  const bytes = await readFile(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const name = `hello_${version.replace(":", "%3a")}_all.deb`;
  return { name, url: `http://deb.example/pool/${name}`, path, sha256, sizeBytes: bytes.length };
}
