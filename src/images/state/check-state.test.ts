import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { mutants } from "../../core/mutants.fixture.ts";
import { entriesOf, readState } from "./check-state.ts";
import { apkovl, usualState } from "./states.fixture.ts";

const looked = async (bytes: Uint8Array) => [...(await entriesOf(bytes)).keys()];

describe("a machine's state", () => {
  test("as lbu makes it is read, entry by entry", async () => {
    const entries = await entriesOf(await apkovl(usualState));
    expect([...entries.keys()]).toEqual(Object.keys(usualState));
    expect(entries.get("etc/runlevels/default/sshd")).toMatchObject({ target: "/etc/init.d/sshd" });
    expect(entries.get("etc/hostname")).toMatchObject({ type: "file", sizeBytes: 5, mode: 0o644 });
  });

  test.each<[string, Parameters<typeof apkovl>[0], RegExp]>([
    ["a name that leads out", { "../etc/passwd": "" }, /\.\./],
    ["a name that leads out further in", { "etc/../../passwd": "" }, /\.\./],
    ["a device", { "etc/disk": { type: "block-device", devmajor: 8 } }, /"etc\/disk" is a device/],
    ["a pipe", { "etc/pipe": { type: "fifo" } }, /"etc\/pipe" is a pipe/],
    ["a setuid file", { "etc/su": { mode: 0o4755 } }, /"etc\/su" runs as another user/],
    ["a setgid file", { "etc/su": { mode: 0o2755 } }, /runs as another user/],
    [
      "a link that leads out",
      { "etc/x": { type: "symlink", linkname: "../../x" } },
      /leads out, to "..\/..\/x"/,
    ],
    ["an absolute link that leads out", { x: { type: "symlink", linkname: "/a/../../x" } }, /leads out/],
    [
      "a second name of a file that is not there",
      { x: { type: "link", linkname: "etc/shadow" } },
      /no file before it/,
    ],
    [
      "what lies below a link",
      { etc: { type: "symlink", linkname: "/tmp" }, "etc/x": "" },
      /lies below "etc"/,
    ],
    ["what lies below a file", { etc: "", "etc/a/x": "" }, /lies below "etc"/],
    ["the same name twice", { "etc/x": "", "./etc/x": "1" }, /is there twice/],
    ["an owner nobody has", { "etc/x": { uid: 70_000 } }, /belongs to nobody/],
    ["too long a name", { [`etc/${"x".repeat(300)}`]: "" }, /too long a name/],
    ["a name that only an extended header says", { "etc/ö": "" }, /extended header \(path\)/],
  ])("with %s is refused", async (_, entries, problem) => {
    await expect(looked(await apkovl(entries))).rejects.toThrow(DecodeError);
    await expect(looked(await apkovl(entries))).rejects.toThrow(problem);
  });

  test("that is no gzip file, is cut short, or holds another format is refused", async () => {
    const whole = await apkovl(usualState);
    for (const bytes of [
      Buffer.from("Salted__x"),
      whole.subarray(0, -9),
      Buffer.alloc(0),
      gzipSync("hello"),
    ]) {
      await expect(looked(bytes)).rejects.toThrow(DecodeError);
    }
  });

  test("that unpacks to more than any machine has is refused before it is there", async () => {
    const header = gunzipSync(await apkovl({ x: "" })).subarray(0, 512);
    header.write("40000000000", 124, "latin1"); // 4 GiB, in octal
    header.write("        ", 148, "latin1");
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    const bomb = gzipSync(header);
    await expect(looked(bomb)).rejects.toThrow(/more than 134217728 bytes/);
  });

  test("with random damage is refused or read, and nothing else happens", async () => {
    const tar = gunzipSync(await apkovl(usualState));
    for (const mutant of mutants([tar], 400)) {
      try {
        await readState(gzipSync(mutant), async () => {});
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
    for (const mutant of mutants([await apkovl(usualState)], 400)) {
      await readState(mutant, async () => {}).catch((error) => expect(error).toBeInstanceOf(DecodeError));
    }
  });
});
