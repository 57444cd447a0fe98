import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { Histories } from "./histories.ts";
import { apkovl, inPieces, testFolder, usualState } from "./states.fixture.ts";

const keepAll = { last: 100, daily: 0, weekly: 0 };
const named = async (hostname: string) => await apkovl({ ...usualState, "etc/hostname": hostname });
const incoming = (bytes: Uint8Array, machine = "shoe") => {
  return { machine, body: inPieces(bytes), from: "10.69.0.10" };
};

describe("histories", () => {
  test("keep what was handed in, byte for byte, and know when it came and from where", async () => {
    const folder = await testFolder();
    const state = await named("shoe");
    const at = new Date("2026-11-21T12:00:00.000Z");
    const taken = await new Histories(folder).take({ ...incoming(state), at }, keepAll);
    expect(taken).toMatchObject({ isNew: true, version: { number: 1, at: at.toISOString(), entries: 6 } });
    const again = new Histories(folder);
    expect(await again.machines()).toEqual(["shoe"]);
    const [version] = (await again.of("shoe")).versions;
    expect(version).toEqual({ ...taken.version, from: "10.69.0.10", sizeBytes: state.length });
    expect(await readFile(again.pathOf("shoe", taken.version))).toEqual(state);
  });

  test("take the same again for what they have", async () => {
    const histories = new Histories(await testFolder());
    await histories.take(incoming(await named("a")), keepAll);
    expect(await histories.take(incoming(await named("a")), keepAll)).toMatchObject({
      isNew: false,
      version: { number: 1 },
    });
    expect((await histories.of("shoe")).versions).toHaveLength(1);
  });

  test("take nothing that is not whole or not right, and leave nothing of it", async () => {
    const folder = await testFolder();
    const histories = new Histories(folder);
    const left = Object.assign(new Error("aborted"), { code: "ECONNRESET" });
    const state = await named("a");
    async function* broken() {
      yield state.subarray(0, 20);
      throw left;
    }
    await expect(histories.take({ machine: "shoe", body: broken(), from: "" })).rejects.toBe(left);
    await expect(histories.take(incoming(state.subarray(0, -1)))).rejects.toThrow(DecodeError);
    await expect(histories.take(incoming(Buffer.from("nonsense")))).rejects.toThrow(DecodeError);
    expect(await readdir(join(folder, "states", "shoe"))).toEqual([]);
  });

  test("take what comes from several at once one after the other, and lose none", async () => {
    const folder = await testFolder();
    const states = await Promise.all(Array.from({ length: 8 }, (_, index) => named(`node${index}`)));
    // Two of one machine through each of four, as processes beside one another would.
    await Promise.all(
      [0, 1, 2, 3].map(async (index) => {
        const histories = new Histories(folder);
        await Promise.all(
          states.slice(2 * index, 2 * index + 2).map((state) => histories.take(incoming(state), keepAll)),
        );
      }),
    );
    const { versions } = await new Histories(folder).of("shoe");
    expect(versions.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(new Set(versions.map(({ sha256 }) => sha256)).size).toBe(8);
  });

  test("refuse a third at once of the same machine", async () => {
    const histories = new Histories(await testFolder());
    const state = await named("a");
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    async function* slow() {
      await gate;
      yield state;
    }
    const two = [1, 2].map(() => histories.take({ machine: "shoe", body: slow(), from: "" }));
    await expect(histories.take(incoming(state))).rejects.toMatchObject({ code: "STATE_BUSY" });
    await expect(histories.take(incoming(state, "box"))).resolves.toMatchObject({ isNew: true });
    open();
    expect((await Promise.all(two)).map(({ isNew }) => isNew).sort()).toEqual([false, true]);
  });

  test("remove the bytes of versions that are not kept, and what an interrupted process left long ago", async () => {
    const folder = await testFolder();
    const histories = new Histories(folder);
    const place = join(folder, "states", "shoe");
    for (const name of ["a", "b", "c"]) await histories.take(incoming(await named(name)), keepAll);
    await writeFile(join(place, ".incoming-new"), "");
    await writeFile(join(place, ".incoming-old"), "");
    await utimes(join(place, ".incoming-old"), 0, 0);
    const gone = await histories.prune("shoe", { last: 1, daily: 0, weekly: 0 });
    expect(gone.map(({ number }) => number)).toEqual([1, 2]);
    const { versions } = await histories.of("shoe");
    const left = [".incoming-new", ".lock", `${versions[0]?.sha256}.apkovl.tar.gz`, "history.json"];
    expect((await readdir(place)).sort()).toEqual(left.sort());
  });

  test("hand out what was chosen, and name what there is when that is not", async () => {
    const histories = new Histories(await testFolder());
    for (const name of ["a", "b"]) await histories.take(incoming(await named(name)), keepAll);
    expect(await histories.choose("shoe", 1)).toMatchObject({ chosen: 1 });
    await expect(histories.choose("shoe", 7)).rejects.toMatchObject({ hint: "there is 1, 2" });
    expect(await histories.choose("shoe", "newest")).not.toHaveProperty("chosen");
    await expect(histories.choose("../shoe", 1)).rejects.toMatchObject({ code: "NO_SUCH_STATE" });
  });

  test("that cannot be read say so, and are not overwritten", async () => {
    const folder = await testFolder();
    const histories = new Histories(folder);
    await histories.take(incoming(await named("a")), keepAll);
    const file = join(folder, "states", "shoe", "history.json");
    await writeFile(file, "{");
    await expect(histories.take(incoming(await named("b")), keepAll)).rejects.toMatchObject({
      code: "STATE_UNUSABLE",
      where: file,
    });
    expect(await readFile(file, "utf8")).toBe("{");
  });
});
