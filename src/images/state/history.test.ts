import { describe, expect, test } from "vitest";
import type { History, Version } from "./history.ts";
import { added, currentOf, noHistory, retained, withChoice } from "./history.ts";

const came = (at: string, sha = "a"): Omit<Version, "number"> => {
  return { at, sha256: sha.repeat(64), sizeBytes: 10, entries: 1, from: "10.69.0.10" };
};
const at = (day: number, hour = 12) => new Date(Date.UTC(2026, 10, day, hour)).toISOString();
/** One version at each of these times. */
const historyOf = (times: readonly string[]): History =>
  times.reduce(
    (history, time, index) => added(history, came(time, (index % 2).toString())).history,
    noHistory,
  );
const numbers = ({ versions }: History) => versions.map(({ number }) => number);

describe("a history", () => {
  test("counts what comes, and numbers are never used again", () => {
    const history = historyOf([at(1), at(2), at(3)]);
    expect(numbers(history)).toEqual([1, 2, 3]);
    const pruned = retained(history, { last: 1, daily: 0, weekly: 0 });
    expect(numbers(added(pruned, came(at(4), "b")).history)).toEqual([3, 4]);
  });

  test("takes the same as the newest for the newest, and an older one's bytes for a new version", () => {
    const { history } = added(noHistory, came(at(1), "a"));
    expect(added(history, came(at(2), "a"))).toEqual({ history, version: history.versions[0], isNew: false });
    const changed = added(history, came(at(2), "b")).history;
    expect(added(changed, came(at(3), "a"))).toMatchObject({ isNew: true, version: { number: 3 } });
  });

  test("hands out the newest, or what was chosen until that is taken back", () => {
    expect(currentOf(noHistory)).toBeUndefined();
    const history = historyOf([at(1), at(2)]);
    expect(currentOf(history)?.number).toBe(2);
    const chosen = added(withChoice(history, 1), came(at(3), "b")).history;
    expect(currentOf(chosen)?.number).toBe(1);
    expect(currentOf(withChoice(chosen, "newest"))?.number).toBe(3);
  });
});

describe("retention", () => {
  // Sunday 1st to Saturday 21st: two a day.
  const times = Array.from({ length: 42 }, (_, index) => at(1 + Math.floor(index / 2), index % 2 ? 20 : 8));

  test.each<[string, Parameters<typeof retained>[1], number[]]>([
    ["the last ones", { last: 3, daily: 0, weekly: 0 }, [40, 41, 42]],
    ["the newest of each day", { last: 1, daily: 3, weekly: 0 }, [38, 40, 42]],
    // The 8th and the 15th are Sundays, the last days of their weeks.
    ["the newest of each week", { last: 1, daily: 0, weekly: 3 }, [16, 30, 42]],
    ["all of them together", { last: 2, daily: 2, weekly: 2 }, [30, 40, 41, 42]],
    ["what there is, where that is less", { last: 100, daily: 100, weekly: 100 }, times.map((_, i) => i + 1)],
  ])("keeps %s", (_, retention, expected) => {
    expect(numbers(retained(historyOf(times), retention))).toEqual(expected);
  });

  test("keeps what the machine is handed, however old", () => {
    const history = withChoice(historyOf(times), 5);
    expect(numbers(retained(history, { last: 1, daily: 0, weekly: 0 }))).toEqual([5, 42]);
    expect(numbers(retained(historyOf(times), { last: 0, daily: 0, weekly: 0 }))).toEqual([42]);
  });
});
