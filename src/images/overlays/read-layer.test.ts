import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderWith } from "./layers.fixture.ts";
import { readLayer } from "./read-layer.ts";

const read = async (files: Parameters<typeof folderWith>[0]) =>
  await readLayer(await folderWith(files), "layer");

describe("a layer's folder", () => {
  test("is read whole, without its overlay.yaml and what keeps empty folders in Git", async () => {
    const { entries, removed } = await read({
      "overlay.yaml": "",
      "etc/motd": "hello",
      "var/log/app/.gitkeep": "",
      "etc/init.d/app": { link: "/usr/local/bin/app" },
      "etc/.wh.issue": "",
    });
    expect(entries.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
      "folder etc",
      "folder etc/init.d",
      "link etc/init.d/app",
      "file etc/motd",
      "folder var",
      "folder var/log",
      "folder var/log/app",
    ]);
    expect(removed).toEqual(["etc/issue"]);
  });

  test("says in overlay.yaml what its files cannot", async () => {
    const { entries } = await read({
      "overlay.yaml":
        'files:\n  var/db: { mode: "0600", owner: "70:71" }\n  usr/bin/su: { mode: "4755", setuid: true }\n',
      "var/db": "x",
      "usr/bin/su": "x",
    });
    expect(entries.find(({ path }) => path === "var/db")).toMatchObject({ mode: 0o600, uid: 70, gid: 71 });
    expect(entries.find(({ path }) => path === "usr/bin/su")).toMatchObject({ mode: 0o4755, uid: 0, gid: 0 });
  });

  test("has templates by name and by list, under the name without .tmpl", async () => {
    const { entries } = await read({
      "overlay.yaml": "templates: [etc/motd]",
      "etc/hostname.tmpl": "a",
      "etc/motd": "b",
    });
    const templates = entries.flatMap((entry) =>
      entry.kind === "file" && entry.template ? [entry.path] : [],
    );
    expect(templates).toEqual(["etc/hostname", "etc/motd"]);
  });

  test.each<[string, Parameters<typeof folderWith>[0], RegExp]>([
    [
      "a file with set-user-ID that nobody asked for",
      { "bin/su": { text: "", mode: 0o4755 } },
      /^su is set-user-ID/,
    ],
    [
      "a mode with set-user-ID that is not said twice",
      { "overlay.yaml": 'files: { bin/su: { mode: "4755" } }', "bin/su": "" },
      /^su is set-user-ID/,
    ],
    [
      "a link that leaves the root",
      { "etc/key": { link: "../../etc/shadow" } },
      /^key is a link that leaves the root/,
    ],
    [
      "a key of root's that is somebody else's",
      { "overlay.yaml": 'files: { etc/ssh/host: { owner: "100" } }', "etc/ssh/host": "" },
      /^host belongs to user 100/,
    ],
    ["a name too long for tar", { [`etc/${"x".repeat(101)}`]: "" }, /too long a name/],
    ["a name outside ASCII", { "etc/größe": "" }, /not printable ASCII/],
    ["a file and a template of one name", { "etc/motd": "", "etc/motd.tmpl": "" }, /is there twice/],
    [
      "more than an overlay may be",
      { "etc/big": new Uint8Array(2 ** 24 + 1) },
      /more than the 16777216 bytes/,
    ],
    [
      "settings of a file that is not there",
      { "overlay.yaml": "files: { etc/motd: {} }" },
      /has no such file/,
    ],
    ["an unknown key", { "overlay.yaml": "file: {}" }, /Unrecognized key/],
    ["what is no YAML", { "overlay.yaml": "files: {\n" }, /this is no YAML/],
    [
      "a private key among public ones",
      { "overlay.yaml": "sshKeys: ['-----BEGIN OPENSSH PRIVATE KEY-----']" },
      /public key on one line/,
    ],
    ["a service with a path", { "overlay.yaml": "services: { default: [../../x] }" }, /name of a service/],
    ["a package that is a line", { "overlay.yaml": 'packages: ["vim\\nhtop"]' }, /expected a package/],
  ])("may not hold %s", async (_, files, problem) => {
    await expect(read(files)).rejects.toThrow(problem);
  });

  test("may not hold a FIFO, and is not waited for", async () => {
    const folder = await folderWith({ "etc/motd": "" });
    execFileSync("mkfifo", [join(folder, "etc/pipe")]);
    await expect(readLayer(folder, "layer")).rejects.toMatchObject({
      message: expect.stringContaining("pipe is no file, folder or link"),
      where: join(folder, "etc/pipe"),
    });
  });

  test("must be there", async () => {
    await expect(readLayer("/nowhere/at/all", "layer")).rejects.toMatchObject({
      code: "OVERLAY_INVALID",
      where: "/nowhere/at/all",
    });
  });
});
