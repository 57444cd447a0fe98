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
