import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change, MachineState } from "./lifecycle.ts";
import { afterReady, afterScript, changed, describeState, turnOf } from "./lifecycle.ts";

const usual = { mode: "always", image: "a" } as const;
/** One boot after the other: a script each, and whether the machine reported ready. */
function boots(
  state: MachineState,
  reports: readonly boolean[],
  limit = 3,
  site: Parameters<typeof turnOf>[1] = usual,
) {
  const seen: string[] = [];
  let now = state;
  for (const ready of reports) {
    const turn = turnOf(now, site, limit);
    seen.push(turn?.boot === "image" ? turn.image : (turn?.boot ?? "nothing"));
    if (turn) now = afterScript(now, turn, true);
    if (ready && turn?.boot === "image") now = afterReady(now);
  }
  return { seen, now };
}
const asked = (...changes: Change[]) => changes.reduce<MachineState>(changed, {});

describe("an image that is deployed", () => {
  test.each<[string, MachineState, boolean[], string[]]>([
    ["is tried once and stays when it reports ready", asked({ deploy: "b" }), [true, true], ["b", "b"]],
    [
      "is tried once and given up when it does not",
      asked({ deploy: "b" }),
      [false, true, true],
      ["b", "a", "a"],
    ],
    [
      "comes in place of the one that was deployed before",
      changed(boots(asked({ deploy: "b" }), [true]).now, { deploy: "c" }),
      [false, false],
      ["c", "b"],
    ],
    [
      "comes in place of what was assigned",
      asked({ mode: "always", image: "b" }, { deploy: "c" }),
      [false, false],
      ["c", "b"],
    ],
    [
      "waits for a boot that was asked for once",
      asked({ deploy: "b" }, { next: "c" }),
      [true, true],
      ["c", "b"],
    ],
    ["is taken back by what is asked for after it", asked({ deploy: "b" }, { mode: "site" }), [true], ["a"]],
    [
      "is given up for the one before it when it stops reporting ready",
      boots(asked({ deploy: "b" }), [true]).now,
      [false, false, false, false],
      ["b", "b", "b", "a"],
    ],
  ])("%s", (_, state, reports, seen) => {
    expect(boots(state, reports).seen).toEqual(seen);
  });

  test("leaves the old one to go back to, and to come from again", () => {
    const { now } = boots(asked({ deploy: "b" }), [true]);
    expect(now.slots).toEqual({ regular: "b", old: "a" });
    const back = changed(now, { slot: "back" });
    expect(back.slots).toEqual({ regular: "a", old: "b" });
    expect(boots(back, [true]).seen).toEqual(["a"]);
    expect(changed(back, { slot: "back" }).slots).toEqual(now.slots);
  });

  test("is remembered when it failed, and tried again when it is asked for again", () => {
    const { now } = boots(asked({ deploy: "b" }), [false, true]);
    expect(now.slots).toEqual({ failed: "b" });
    expect(describeState("x", now)).toContain("b was tried, and did not report ready");
    expect(boots(changed(now, { deploy: "b" }), [true]).now.slots).toEqual({ regular: "b", old: "a" });
  });

  test("is not kept by a report of the image before it that comes late", () => {
    const trying = boots(asked({ deploy: "b" }), [false]).now;
    const again = turnOf(trying, usual, 3);
    const after = afterReady(again ? afterScript(trying, again, true) : trying);
    expect(after.slots).toEqual({ failed: "b" });
    expect(after.good).toBe("a");
  });

  test("says in its notes what it is: a trial, and what became of it", () => {
    const trial = turnOf(asked({ deploy: "b" }), usual, 3);
    expect(trial).toMatchObject({
      image: "b",
      mode: "trial",
      instead: "a",
      note: expect.stringMatching(/^trying b/),
    });
    const failed = turnOf(boots(asked({ deploy: "b" }), [false]).now, usual, 3);
    expect(failed).toMatchObject({ image: "a", note: "b did not report ready: booting a again" });
  });

  test("waits on machines that boot their disk", () => {
    expect(turnOf(asked({ deploy: "b" }), { mode: "local", image: "a" }, 3)).toMatchObject({ boot: "local" });
  });
});

describe("what a machine boots", () => {
  test.each<[string, MachineState, boolean[], string[]]>([
    ["is the site's image, as long as nobody says otherwise", {}, [true, true], ["a", "a"]],
    [
      "is another one for one boot, whether it reports or not",
      asked({ next: "b" }),
      [false, false],
      ["b", "a"],
    ],
    [
      "is its disk once an image has reported ready",
      asked({ mode: "install-once", image: "b" }),
      [false, true, false],
      ["b", "b", "local"],
    ],
    ["is the disk", asked({ mode: "local" }), [false, false], ["local", "local"]],
    [
      "is one boot more, and then the disk again",
      asked({ mode: "local" }, { next: "b" }),
      [true, true],
      ["b", "local"],
    ],
    ["is what the site says again", asked({ mode: "local" }, { mode: "site" }), [false], ["a"]],
    [
      "is what was installed once more when it is asked for anew",
      changed(boots(asked({ mode: "install-once", image: "b" }), [true]).now, {
        mode: "install-once",
        image: "b",
      }),
      [true, true],
      ["b", "local"],
    ],
    [
      "goes on as it is where nothing ever reported",
      {},
      [false, false, false, false, false],
      ["a", "a", "a", "a", "a"],
    ],
  ])("%s", (_, state, reports, seen) => expect(boots(state, reports).seen).toEqual(seen));

  test("is what last reported, when another image does not three times in a row, and says so", () => {
    const good = boots({}, [true]).now;
    const { seen, now } = boots(changed(good, { mode: "always", image: "b" }), [
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(seen).toEqual(["b", "b", "b", "a", "a"]);
    expect(turnOf(now, usual, 3)).toMatchObject({
      fellBack: true,
      note: "b did not report ready 3 times: booting a, the last that did",
    });
    expect(boots(changed(now, { mode: "always", image: "b" }), [true]).seen).toEqual(["b"]); // it is tried anew
  });

  test("falls back from a changed site too, and stays with what reports now and then", () => {
    const good = boots({}, [true]).now;
    const newSite = { mode: "always", image: "c" } as const;
    expect(boots(good, [false, false, false], 2, newSite).seen).toEqual(["c", "c", "a"]);
    expect(boots(good, [false, true, false, false], 2, newSite).seen).toEqual(["c", "c", "c", "c"]);
  });

  test("is nothing where the site has no image, and a report of nobody's boot changes nothing", () => {
    expect(turnOf({}, { mode: "always" }, 3)).toBeUndefined();
    expect(afterReady({})).toEqual({});
  });

  test("is said in words", () => {
    expect(describeState("shoe", asked({ mode: "install-once", image: "b" }, { next: "c" }))).toEqual([
      "shoe boots b until it has reported ready once",
      "its next boot is c",
    ]);
    expect(describeState("shoe", {})).toEqual(["shoe boots what the site says"]);
  });

  test("never goes round for ever: an image that does not report is given up for one that did", () => {
    const image = fc.constantFrom("b", "c");
    const change = fc.oneof(
      image.map((next): Change => ({ next })),
      image.map((wanted): Change => ({ mode: "always", image: wanted })),
      fc.constantFrom<Change>({ mode: "site" }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.integer({ min: 1, max: 5 }), (changes, limit) => {
        const good = boots({}, [true]).now;
        const wanted = changes.reduce(changed, good);
        const { seen } = boots(wanted, Array<boolean>(limit + 2).fill(false), limit);
        expect(seen.at(-1)).toBe("a");
      }),
    );
  });
});
