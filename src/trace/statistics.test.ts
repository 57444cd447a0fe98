import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { biosPxe, roleOf, Story, shoe } from "./boots.fixture.ts";
import { phasesOf } from "./phases.ts";
import { dotPlot, summarize, summarizePhases, totalMs } from "./statistics.ts";

describe("a summary", () => {
  test("of four values has its quartiles between them", () => {
    expect(summarize([4, 1, 3, 2])).toEqual({
      count: 4,
      min: 1,
      lowerQuartile: 1.75,
      median: 2.5,
      upperQuartile: 3.25,
      max: 4,
      spread: 0.6,
    });
  });

  test("of one value is that value, and of none there is none", () => {
    expect(summarize([7])).toMatchObject({ lowerQuartile: 7, median: 7, upperQuartile: 7, spread: 0 });
    expect(summarize([])).toBeUndefined();
  });

  test("keeps its order and leaves the values alone", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1e6 }), { minLength: 1 }), (values) => {
        const before = [...values];
        const s = summarize(values);
        if (!s) throw new Error("no summary");
        expect(values).toEqual(before);
        const steps = [s.min, s.lowerQuartile, s.median, s.upperQuartile, s.max];
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe("several boots", () => {
  const phases = (story: Story) => phasesOf(story.facts(), shoe, roleOf);

  test("are summed up phase by phase and as a whole", () => {
    const slower = new Story().powerOn(0).says(1000, "Linux version 6\n").says(9000, "shoe login: ");
    const summaries = summarizePhases([phases(biosPxe()), phases(slower)]);
    expect(summaries.get("total")).toMatchObject({ count: 2, min: 6303, max: 9000 });
    expect(summaries.get("kernel")).toMatchObject({ count: 2, min: 1400, max: 8000 });
    expect(summaries.get("script")).toMatchObject({ count: 1, median: 10 });
    expect(summaries.has("loader")).toBe(false);
  });

  test("count only where both ends are known", () => {
    const stuck = phases(new Story().powerOn(0).says(1000, "Linux version 6\n"));
    expect(totalMs(stuck)).toBeUndefined();
    expect([...summarizePhases([stuck]).keys()]).toEqual(["power-on", "firmware"]);
  });
});

describe("a dot plot", () => {
  test("shows where the values lie, and how many", () => {
    expect(dotPlot([1000, 1000, 1000, 1500, 2000], 11)).toBe("1.00 s ▕3    ·    ·▏ 2.00 s");
  });

  test("of equal values stands in the middle", () => {
    expect(
      dotPlot(
        Array.from({ length: 12 }, () => 500),
        5,
      ),
    ).toBe("500 ms ▕  +  ▏ 500 ms");
  });

  test("of nothing is nothing", () => expect(dotPlot([])).toBe(""));
});
