import { link, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultStateFolder, StateFolder } from "./state-folder.ts";

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "dryboot-state-"));
});
afterEach(() => rm(parent, { recursive: true }));

describe("the state folder", () => {
  test("is where the system keeps such things, for root and for others", () => {
    expect(defaultStateFolder({}, 0)).toBe("/var/lib/dryboot");
    expect(defaultStateFolder({ XDG_STATE_HOME: "/home/me/state" }, 1000)).toBe("/home/me/state/dryboot");
  });

  test("is made for its owner alone, also where it was open before", async () => {
    await mkdir(join(parent, "state"), { mode: 0o755 });
    const state = StateFolder.open(join(parent, "state"));
    expect((await stat(state.path)).mode & 0o777).toBe(0o700);
  });

  test.each<[string, (file: string, other: string) => Promise<unknown>]>([
    ["a symbolic link", (file, other) => symlink(other, file)],
    ["a second name of another file", (file, other) => link(other, file)],
    ["a folder", (file) => mkdir(file)],
  ])("with %s in it is refused: its last user may have put it there for root", async (_, put) => {
    const other = join(parent, "shadow");
    await writeFile(other, "");
    await mkdir(join(parent, "state"));
    await put(join(parent, "state", "log.ndjson"), other);
    expect(() => StateFolder.open(join(parent, "state"))).toThrow(
      expect.objectContaining({ code: "STATE_UNUSABLE" }),
    );
  });

  test("that cannot be made is an error with a way out", async () => {
    await writeFile(join(parent, "file"), "");
    expect(() => StateFolder.open(join(parent, "file", "state"))).toThrow(
      expect.objectContaining({ code: "STATE_UNUSABLE", hint: expect.stringContaining("--state DIR") }),
    );
  });
});

describe.skipIf(process.getuid?.() !== 0)("given to another user, as only root can", () => {
  const other = { name: "somebody", uid: 4711, gid: 4712 };

  test("it goes with the machines' states in it, and their folders", async () => {
    const state = StateFolder.open(join(parent, "state"));
    await mkdir(join(state.path, "states", "shoe"), { recursive: true });
    await writeFile(join(state.path, "states", "shoe", "history.json"), "");
    state.giveTo(other);
    for (const below of ["", "states", "states/shoe", "states/shoe/history.json"]) {
      expect(await stat(join(state.path, below))).toMatchObject({ uid: 4711, gid: 4712 });
    }
  });

  test.each<[string, (place: string, shadow: string) => Promise<unknown>]>([
    ["in place of the folder", async (place, shadow) => symlink(join(shadow, ".."), place)],
    [
      "in it",
      async (place, shadow) => {
        await mkdir(place);
        await symlink(shadow, join(place, "x"));
      },
    ],
    [
      "deeper in it",
      async (place, shadow) => {
        await mkdir(join(place, "shoe"), { recursive: true });
        await link(shadow, join(place, "shoe", "x"));
      },
    ],
  ])("nothing is given away through a link %s", async (_, put) => {
    const shadow = join(parent, "shadow");
    await writeFile(shadow, "");
    const state = StateFolder.open(join(parent, "state"));
    await put(join(state.path, "states"), shadow);
    expect(() => state.giveTo(other)).toThrow(expect.objectContaining({ code: "STATE_UNUSABLE" }));
    expect(await stat(shadow)).toMatchObject({ uid: 0 });
  });
});
