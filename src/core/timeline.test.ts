import { describe, expect, test } from "vitest";
import { Timeline } from "./timeline.ts";

interface Facts {
  "door.opened": { by: string };
  "door.closed": { by: string };
}

describe("a timeline", () => {
  test("stamps facts in order on the clock it was given", () => {
    let now = 1000;
    const timeline = new Timeline<Facts>(() => now);
    timeline.record("door.opened", { by: "ann" });
    now = 1250;
    timeline.record("door.closed", { by: "bob" });
    expect(timeline.facts()).toEqual([
      { seq: 0, at: 0, type: "door.opened", by: "ann" },
      { seq: 1, at: 250, type: "door.closed", by: "bob" },
    ]);
    expect(timeline.facts("door.closed").map((fact) => fact.by)).toEqual(["bob"]);
  });

  test("gives a late reader the past first, and nothing once it left", () => {
    const timeline = new Timeline<Facts>();
    const seen: string[] = [];
    timeline.record("door.opened", { by: "ann" });
    const reading = timeline.subscribe((fact) => seen.push(fact.type));
    timeline.record("door.closed", { by: "ann" });
    reading[Symbol.dispose]();
    timeline.record("door.opened", { by: "bob" });
    expect(seen).toEqual(["door.opened", "door.closed"]);
  });

  test("of a long run keeps the last facts, numbered as they came", () => {
    const timeline = new Timeline<Facts>(() => 0, { keep: 3 });
    const seen: number[] = [];
    using _reading = timeline.subscribe(({ seq }) => seen.push(seq));
    for (let n = 0; n < 100; n += 1) {
      timeline.record("door.opened", { by: String(n) });
      const kept = timeline.facts().map(({ seq }) => seq);
      expect(kept.length).toBeLessThanOrEqual(6);
      expect(kept.slice(-3)).toEqual([n - 2, n - 1, n].filter((seq) => seq >= 0));
    }
    expect(seen).toHaveLength(100);
  });
});
