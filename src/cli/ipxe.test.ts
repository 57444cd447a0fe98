import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { hostFiles } from "../host/packages.ts";
import { fakeSourceTree, pxeProgram } from "../images/ipxe-build.fixture.ts";
import { image } from "./image.ts";
import { ipxe } from "./ipxe.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const never = new AbortController().signal;
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-ipxe-cli-"));
  vi.stubEnv("DRYBOOT_STORE", join(folder, "store"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const builds = ["make", "gcc"].every((name) => hostFiles().isProgram(name));

test.skipIf(!builds)("a build is made, shown, listed and removed (needs make and gcc)", async () => {
  await fakeSourceTree(folder);
  const building = recordingTerminal();
  const argv = ["build", "--source", folder, "--name", "lab", "--target", "bin/undionly.kpxe"];
  expect(await ipxe.main(argv, building, never)).toBe(0);
  expect(building.stdout[0]).toBe('lab: built; a site takes it by `loaders: { ipxe: "lab" }`');
  expect(building.stderr).toEqual(["building iPXE: 1 files, bin/string.o"]);

  const listing = recordingTerminal();
  await ipxe.main([], listing, never);
  expect(listing.stdout).toEqual([
    expect.stringMatching(/^lab, added \d{4}-\d\d-\d\d$/),
    expect.stringMatching(/^ {2}undionly.kpxe: BIOS, 1.0 KiB, sha256 [0-9a-f]{12}$/),
    expect.stringMatching(/^ {2}lab is of unknown, gcc \d/),
  ]);
  const removing = recordingTerminal();
  await ipxe.main(["remove", "lab", "lab"], removing, never);
  expect(removing.stdout).toEqual(["lab: removed", "lab: was not in the store"]);
});

test("a file that was built elsewhere is added among the images", async () => {
  const file = join(folder, "undionly.kpxe");
  await writeFile(file, pxeProgram());
  const terminal = recordingTerminal();
  expect(await image.main(["add", "ipxe", file, "--name", "mine", "--json"], terminal, never)).toBe(0);
  expect(JSON.parse(terminal.stdout[0] ?? "")).toMatchObject({
    name: "mine",
    files: [{ serve: "undionly.kpxe" }],
  });
});

test.each([
  [["biuld"], /there is no `ipxe biuld`/],
  [["build"], /--source is missing/],
  [["build", "--source", "/nowhere", "--name", "2.0.0"], /cannot be called/],
  [["build", "--source", "/nowhere", "--option", "x"], /is not NAME=VALUE/],
  [["remove"], /NAME is missing/],
])("%j is wrong usage", async (argv, message) => {
  await expect(ipxe.main(argv, recordingTerminal(), never)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(message),
  });
});

test("nothing but an iPXE can be added", async () => {
  await expect(image.main(["add", "rescue"], recordingTerminal(), never)).rejects.toThrow(/only an iPXE/);
});
