import { describe, expect, test } from "vitest";
import { ClientShares } from "./client-shares.ts";

describe("the shares of clients", () => {
  test("one client has no more than its share, and another one its own", () => {
    const shares = new ClientShares(2);
    expect([shares.take("a"), shares.take("a"), shares.take("a"), shares.take("b")]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect([shares.heldBy("a"), shares.heldBy("b"), shares.heldBy("c")]).toEqual([2, 1, 0]);
  });

  test("what is given back can be taken again, and whoever holds nothing is forgotten", () => {
    const shares = new ClientShares(1);
    for (let round = 0; round < 3; round += 1) {
      expect(shares.take("a")).toBe(true);
      expect(shares.take("a")).toBe(false);
      shares.giveBack("a");
    }
    expect(shares.size).toBe(0);
  });
});
