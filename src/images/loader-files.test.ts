import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ipxeReleases, knownLoaders } from "../boot/known-loaders.ts";
import { defaultLoaders } from "../boot/loaders.ts";
import { findSiteLoaders, packagedFiles, wantedLoaders } from "./loader-files.ts";

const signal = new AbortController().signal;

describe("where a loader comes from", () => {
  test.each([
    ["snponly.efi", undefined, []],
    ["snponly.efi", "2.0.0", ["snponly.efi sid ipxe usr/lib/ipxe/snponly.efi"]],
    [
      "ipxe-1.21.1/ipxe-arm64.efi",
      undefined,
      ["ipxe-1.21.1/ipxe-arm64.efi trixie ipxe usr/lib/ipxe/ipxe-arm64.efi"],
    ],
    ["ipxe-1.0.0/ipxe-arm64.efi", undefined, []], // it has none
    ["ipxe-1.0.0/pxelinux.0", undefined, []],
    ["snponly.efi", "mine", []], // a build of the user's own
    ["boot/custom.efi", "2.0.0", []],
    [
      "lpxelinux.0",
      "2.0.0",
      [
        "lpxelinux.0 bookworm pxelinux usr/lib/PXELINUX/lpxelinux.0",
        "ldlinux.c32 bookworm syslinux-common usr/lib/syslinux/modules/bios/ldlinux.c32",
      ],
    ],
  ])("%s of %s", (name, ipxe, expected) => {
    const files = [...packagedFiles(name, ipxe)];
    expect(
      files.map(([file, { suite, package: owner, path }]) => `${file} ${suite} ${owner} ${path}`),
    ).toEqual(expected);
  });

  test("every loader we know has a package in some release", () => {
    for (const { file } of knownLoaders) {
      const found = ipxeReleases.map(({ version }) => packagedFiles(file, version).size);
      expect([file, Math.max(...found)]).not.toEqual([file, 0]);
    }
  });
});

test("a site wants what it names for each kind and for each machine, once", () => {
  const machines = [
    { name: "a", mac: "52:54:00:69:00:0a", loader: "pxelinux.0" },
    { name: "b", mac: "52:54:00:69:00:0b", loader: "snponly.efi" },
  ];
  const site = { server: "10.69.0.1", http: "http://10.69.0.1", images: new Map(), machines };
  expect(wantedLoaders({ ...site, loaders: defaultLoaders, ipxe: "2.0.0" })).toEqual({
    names: ["undionly.kpxe", "ipxe.pxe", "snponly.efi", "pxelinux.0"],
    ipxe: "2.0.0",
  });
});

test("a release's loaders are served from the store alone, with the version they carry or their package's", async () => {
  const store = await mkdtemp(join(tmpdir(), "dryboot-loaders-"));
  onTestFinished(() => rm(store, { recursive: true }));
  const folder = join(store, "packages", "sid");
  const files = join("packages", "sid", "ipxe_2.0.0_all");
  const deb = join("packages", "sid", "ipxe_2.0.0_all.deb");
  await mkdir(join(store, files, "usr/lib/ipxe"), { recursive: true });
  await writeFile(join(store, files, "usr/lib/ipxe/snponly.efi"), "MZ iPXE\u00002.0.0+x\u0000");
  await writeFile(join(store, files, "usr/lib/ipxe/undionly.kpxe"), "packed");
  await writeFile(join(store, deb), "deb");
  const record = { format: 1, name: "ipxe", version: "2.0.0+dfsg-5", suite: "sid", architecture: "all" };
  const rest = { sha256: "0".repeat(64), sizeBytes: 3, deb, files };
  await writeFile(join(folder, "ipxe.json"), JSON.stringify({ ...record, ...rest }));
  const found = await findSiteLoaders(
    { names: ["snponly.efi", "pxelinux.0"], ipxe: "2.0.0" },
    { store, signal },
  );
  expect([...found].map(([name, { version, sizeBytes }]) => [name, version, sizeBytes])).toEqual([
    ["snponly.efi", "2.0.0+x", 16],
    ["undionly.kpxe", "2.0.0+dfsg-5", 6],
  ]);
});
