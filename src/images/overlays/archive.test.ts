import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { listed, merged } from "./layers.fixture.ts";
import { packOverlay } from "./pack-overlay.ts";
import { readArchive } from "./read-archive.ts";

const files = {
  "overlay.yaml": "services: { default: [sshd] }\npackages: [openssh]\n",
  "etc/motd": "hello\n",
  "usr/local/bin/tool": { text: "#!/bin/sh\n", mode: 0o755 },
  [`opt/${"f".repeat(90)}/${"n".repeat(90)}`]: "far",
};

describe("an archive", () => {
  test("is the same bytes for the same layers, wherever and whenever they were made", async () => {
    const [one, other] = [await packOverlay(await merged(files)), await packOverlay(await merged(files))];
    expect(Buffer.from(one).equals(other)).toBe(true);
  });

  test("holds what was packed, all of it root's", async () => {
    const tree = await merged(files);
    const back = await readArchive(await packOverlay(tree), "x");
    const inOneLayer = (lines: readonly string[]) => lines.map((line) => line.replace(/ \([^)]*\)$/, ""));
    expect(inOneLayer(listed(back))).toEqual(inOneLayer(listed(tree)));
  });

  test("is plain ustar without extended headers, which Busybox would not read", async () => {
    const tar = gunzipSync(await packOverlay(await merged(files)));
    const types = new Set<string>();
    for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
      expect(tar.toString("latin1", at + 257, at + 263)).toBe("ustar\0");
      types.add(tar.toString("latin1", at + 156, at + 157));
      const size = Number.parseInt(tar.toString("latin1", at + 124, at + 135), 8);
      at += 512 * (1 + Math.ceil(size / 512));
    }
    expect([...types].sort()).toEqual(["0", "2", "5"]);
  });

  test("is unpacked by the tar of this host as it was meant", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dryboot-overlay-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "a.tar.gz"), await packOverlay(await merged(files)));
    execFileSync("tar", ["-xzf", "a.tar.gz", "--no-same-owner"], { cwd: folder });
    expect(await readFile(join(folder, "etc/motd"), "utf8")).toBe("hello\n");
    expect(await readFile(join(folder, "etc/apk/world"), "utf8")).toBe("alpine-base\nopenssh\n");
  });
});

describe("an archive that was made elsewhere", () => {
  type Header = Parameters<ReturnType<typeof pack>["entry"]>[0];
  const archive = async (...headers: readonly Header[]) => {
    const made = pack();
    for (const header of headers) made.entry(header, "");
    made.finalize();
    return gzipSync(await buffer(made));
  };

  test("is read in the way lbu and tar write it", async () => {
    const tree = await readArchive(
      await archive(
        { name: "./", type: "directory" },
        { name: "./etc/", type: "directory" },
        { name: "etc/motd" },
      ),
      "x",
    );
    expect([...tree.keys()]).toEqual(["etc", "etc/motd"]);
  });

  test.each<[string, Header[], RegExp]>([
    ["an absolute path", [{ name: "/etc/motd" }], /^\/etc\/motd is an absolute path/],
    ["a way out of the root", [{ name: "etc/../../x" }], /leads out of the root/],
    ["a way out behind a dot", [{ name: "./../x" }], /leads out of the root/],
    ["a device", [{ name: "dev/sda", type: "block-device" }], /^dev\/sda is a block-device/],
    ["a character device", [{ name: "dev/null", type: "character-device" }], /is a character-device/],
    ["a FIFO", [{ name: "run/pipe", type: "fifo" }], /is a fifo/],
    ["a hard link", [{ name: "a", type: "link", linkname: "etc/shadow" }], /^a is a link/],
    ["set-user-ID", [{ name: "bin/su", mode: 0o4755 }], /set-user-ID/],
    ["set-group-ID", [{ name: "bin/su", mode: 0o2755 }], /set-user-ID or set-group-ID/],
    ["a link that leaves the root", [{ name: "a", type: "symlink", linkname: "../etc" }], /leaves the root/],
    ["a wrong owner", [{ name: "root/.ssh/authorized_keys", uid: 1000 }], /belongs to user 1000/],
    ["an owner that nobody can be", [{ name: "a", uid: 70_000 }], /belongs to 70000:0/],
    ["a name too long", [{ name: `${"a/".repeat(200)}b` }], /too long a name/],
    ["one name twice", [{ name: "a" }, { name: "./a" }], /is there twice/],
    [
      "a way through a link",
      [{ name: "etc", type: "symlink", linkname: "/tmp" }, { name: "etc/motd" }],
      /^etc\/motd leads through etc/,
    ],
  ])("is refused for %s, and the entry is named", async (_, headers, problem) => {
    await expect(readArchive(await archive(...headers), "a.apkovl.tar.gz")).rejects.toMatchObject({
      message: expect.stringMatching(problem),
      where: "a.apkovl.tar.gz",
    });
  });

  test.each([
    ["that is no gzip", Buffer.from("Salted__ and so on"), /not gzip/],
    ["of no tar", gzipSync("x".repeat(2000)), /no tar archive/],
    ["that unpacks to far more than it is", gzipSync(Buffer.alloc(2 ** 26)), /too large/],
  ])("is refused where it is one %s", async (_, bytes, problem) => {
    await expect(readArchive(bytes, "x")).rejects.toThrow(problem);
  });

  test("is refused for more entries than there may be", async () => {
    const many = Array.from({ length: 4097 }, (_, index) => ({ name: `f${index}` }));
    await expect(readArchive(await archive(...many), "x")).rejects.toThrow("one entry more than the 4096");
  });

  test("ends in an error that says so, whatever bytes it consists of", async () => {
    const good = gunzipSync(await packOverlay(await merged(files)));
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % below;
    };
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(good.subarray(0, random(4) === 0 ? random(good.length) : good.length));
      for (let flips = 0; flips < 4 && bytes.length > 0; flips++) bytes[random(bytes.length)] = random(256);
      const outcome = await readArchive(gzipSync(bytes, { level: 1 }), "x").catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: "OVERLAY_INVALID" });
    }
  });
});
