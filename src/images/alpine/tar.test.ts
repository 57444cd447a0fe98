import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { mutants } from "../../core/mutants.fixture.ts";
import type { Member } from "./apk.fixture.ts";
import { tarOf } from "./apk.fixture.ts";
import { decodeTar, readTar } from "./tar.ts";

const limits = { field: "archive", maxEntries: 20, maxBytes: 100_000 };
const read = async (...members: Member[]) => await decodeTar(await tarOf(members), limits);

describe("an archive", () => {
  test("gives each member with what it says of itself", async () => {
    const entries = await read(
      { name: "./" },
      { name: "./etc/", type: "directory", mode: 0o755 },
      { name: "./etc/motd", content: "hello", mode: 0o644, pax: { "APK-TOOLS.checksum.SHA1": "aa" } },
      { name: "sbin/init", type: "symlink", linkname: "/bin/busybox" },
      { name: "dev/null", type: "character-device", devmajor: 1, devminor: 3 },
    );
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual([
      "folder etc",
      "file etc/motd",
      "symlink sbin/init",
      "char-device dev/null",
    ]);
    const [, motd, init, device] = entries;
    expect(Buffer.from(motd?.content ?? []).toString()).toBe("hello");
    expect(motd).toMatchObject({ mode: 0o644, sizeBytes: 5 });
    expect(motd?.pax.get("APK-TOOLS.checksum.SHA1")).toBe("aa");
    expect(init?.target).toBe("/bin/busybox");
    expect(device?.device).toEqual({ major: 1, minor: 3 });
  });

  test("keeps names longer than its header has room for", async () => {
    const name = `${"long/".repeat(60)}name`;
    expect((await read({ name, content: "x" }))[0]?.path).toBe(name);
  });

  test("needs no end where another part follows it", async () => {
    const open = await tarOf([{ name: "one", content: "1" }], { open: true });
    expect(await decodeTar(open, limits)).toHaveLength(1);
  });

  test("is read from a stream too, and what nobody wants is skipped", async () => {
    const bytes = await tarOf([
      { name: "large", content: Buffer.alloc(50_000, 1) },
      { name: "small", content: "wanted" },
    ]);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 700) }, (_, at) =>
      bytes.subarray(at * 700, (at + 1) * 700),
    );
    let found = "";
    await readTar(Readable.from(chunks, { objectMode: false }), limits, async ({ path }, content) => {
      if (path !== "small") return;
      for await (const chunk of content) found += Buffer.from(chunk).toString();
    });
    expect(found).toBe("wanted");
  });
});

describe("an archive is refused", () => {
  test.each<[string, Member]>([
    ["that leads out", { name: "../etc/passwd", content: "" }],
    ["that leads out later", { name: "a/../../b", content: "" }],
    ["with a line break in a name", { name: "a\nb", content: "" }],
    ["with a link to nothing", { name: "a", type: "symlink" }],
    ["with more bytes than are allowed", { name: "a", content: Buffer.alloc(100_001) }],
  ])("%s", async (_, member) => {
    await expect(read(member)).rejects.toThrow(DecodeError);
  });

  test("of more members than are allowed", async () => {
    const members = Array.from({ length: 21 }, (_, at) => ({ name: `f${at}` }));
    await expect(read(...members)).rejects.toThrow("more than 20 members");
  });

  test("that ends in the middle of a file", async () => {
    const bytes = await tarOf([{ name: "file", content: "x".repeat(5000) }]);
    await expect(decodeTar(bytes.subarray(0, 2000), limits)).rejects.toThrow(DecodeError);
  });

  test("when who reads it gives up, with that error", async () => {
    const bytes = await tarOf([{ name: "file", content: "x".repeat(5000) }, { name: "next" }]);
    const reading = readTar(Readable.from([bytes]), limits, () => Promise.reject(new TypeError("enough")));
    await expect(reading).rejects.toThrow(TypeError);
  });

  test("or read, whatever has become of it", async () => {
    const original = await tarOf([
      { name: "etc/motd", content: "hello", pax: { "APK-TOOLS.checksum.SHA1": "aa" } },
      { name: `${"long/".repeat(60)}name`, content: "x" },
      { name: "sbin/init", type: "symlink", linkname: "/bin/busybox" },
    ]);
    for (const bytes of mutants([original], 400)) {
      const read = await decodeTar(bytes, limits).catch((error: unknown) => error);
      if (!Array.isArray(read)) expect(read).toBeInstanceOf(DecodeError);
    }
  });
});
