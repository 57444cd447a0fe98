import { describe, expect, test } from "vitest";
import { rounds } from "./rounds.ts";

const trials = ["a", "b", "c", "d"];
const order = (count: number, seed: number) => [...rounds(trials, count, seed)];

describe("the order of a benchmark", () => {
  test("every round runs each trial once", () => {
    const ran = order(20, 7);
    expect(ran).toHaveLength(80);
    for (let round = 1; round <= 20; round += 1) {
      const ofRound = ran.filter((each) => each.round === round).map(({ trial }) => trial);
      expect(ofRound.toSorted()).toEqual(trials);
    }
  });

  test("rounds follow one another, each in an order of its own", () => {
    const ran = order(20, 7);
    expect(ran.map(({ round }) => round)).toEqual(ran.map(({ round }) => round).toSorted((a, b) => a - b));
    const orders = new Set(
      Array.from({ length: 20 }, (_, at) =>
        ran
          .slice(4 * at, 4 * at + 4)
          .map(({ trial }) => trial)
          .join(),
      ),
    );
    expect(orders.size).toBeGreaterThan(5);
  });

  test("no trial has a favourite place", () => {
    const firsts = order(4000, 3).filter((_, at) => at % 4 === 0);
    for (const trial of trials) {
      const share = firsts.filter((each) => each.trial === trial).length / firsts.length;
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(0.3);
    }
  });

  test("the same seed gives the same order, another one another", () => {
    expect(order(5, 42)).toEqual(order(5, 42));
    expect(order(5, 42)).not.toEqual(order(5, 43));
  });
});
