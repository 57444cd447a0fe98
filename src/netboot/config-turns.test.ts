import { expect, test } from "vitest";
import type { MachineState } from "../boot/lifecycle.ts";
import type { Plan } from "../boot/plan.ts";
import { ConfigTurns } from "./config-turns.ts";

const machine = { name: "node1", mac: "52:54:00:69:00:0a" };
const plan = { machine } as Plan;

/** A machine that is to boot `other` once; `ask` fetches its configuration as it does itself. */
function turns() {
  let state: MachineState = { next: "other" };
  const world = { openedAt: 1 as number | undefined, handed: 0 };
  const turns = new ConfigTurns({
    stateOf: () => state,
    openedAt: () => world.openedAt,
    handed: async () => {
      world.handed += 1;
      state = {};
    },
  });
  const ask = async () => {
    const { next = "the usual" } = turns.stateOf(machine.name, machine.mac);
    await turns.handed(plan);
    return next;
  };
  return { world, ask, assign: (next: string) => (state = { next }) };
}

test("a configuration that is fetched again in the same boot is the same, and counts once", async () => {
  const { world, ask } = turns();
  expect([await ask(), await ask(), await ask()]).toEqual(["other", "other", "other"]);
  expect(world.handed).toBe(1);
  world.openedAt = 2; // its firmware asked DHCP again
  expect([await ask(), await ask()]).toEqual(["the usual", "the usual"]);
  expect(world.handed).toBe(2);
});

test("where no boot was seen to begin, each fetch counts", async () => {
  const { world, ask } = turns();
  world.openedAt = undefined;
  expect([await ask(), await ask()]).toEqual(["other", "the usual"]);
});

test("what is asked for in the middle of a boot is for the next one", async () => {
  const { world, ask, assign } = turns();
  await ask();
  assign("third");
  expect(await ask()).toBe("other");
  world.openedAt = 2;
  expect(await ask()).toBe("third");
});
