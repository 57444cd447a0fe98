import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  address,
  biosPxe,
  guestClient,
  ipxeClient,
  pxeClient,
  roleOf,
  Story,
  shoe,
  uefiPxe,
} from "./boots.fixture.ts";
import {
  answered,
  bootIn,
  bootsIn,
  firmware,
  kernel,
  kernelSent,
  loaded,
  loader,
  script,
  scripted,
  told,
} from "./transactions.fixture.ts";
import { MachineBoots, standsIn, Transactions } from "./transactions.ts";

describe("one transaction", () => {
  test("joins a boot's DHCP, TFTP, HTTP and ready under one id", () => {
    const boot = bootIn(uefiPxe());
    expect(boot).toMatchObject({
      machine: "shoe",
      xids: ["0000000a", "0000000b", "0000000c"],
      addresses: [address],
      client: "PXEClient:Arch:00007:UNDI:003001, architecture not said",
      reached: "ready",
      outcome: "ready",
      id: `shoe-${(100).toString(36)}`,
    });
    expect(boot).not.toHaveProperty("stop");
    expect(bootsIn(uefiPxe())).toHaveLength(1);
  });

  test("is going on while it is not quiet for long, and a kernel may be quiet longer", () => {
    expect(bootIn(loaded(), 2100 + 59_000)?.outcome).toBe("going-on");
    expect(bootIn(loaded(), 2100 + 61_000)?.outcome).toBe("stopped");
    expect(bootIn(kernelSent(), 5400 + 61_000)?.outcome).toBe("going-on");
  });

  test("is not over because a clock went back", () => {
    expect(bootIn(loaded(), -1_000_000)?.outcome).toBe("going-on");
  });

  test.each<[string, Story, string[]]>([
    [
      "a loader that did not help",
      told(loaded(), 9000, pxeClient, loader),
      ["loader-not-asked", "loader-not-run"],
    ],
    [
      "a script that ended",
      told(scripted(), 9000, ipxeClient, "x"),
      ["script-not-asked", "kernel-not-asked"],
    ],
    ["two minutes", firmware().asks(200_000, "DHCPDISCOVER", pxeClient, "2"), ["no-answer", "no-boot-file"]],
  ])("ends where firmware asks again after %s", (_, story, stops) => {
    expect(bootsIn(story).map(({ stop }) => stop?.id)).toEqual(stops);
  });

  test("goes on where firmware only asks again, and is none where a system that is up does", () => {
    const patient = new Story().asks(0, "DHCPDISCOVER", pxeClient).asks(8000, "DHCPDISCOVER", pxeClient, "2");
    expect(bootsIn(patient)).toMatchObject([{ xids: ["00000001", "2"] }]);
    expect(bootsIn(new Story().leases(0, 10, guestClient, "1"))).toEqual([]);
    expect(bootsIn(biosPxe().leases(900_000, 900_010, guestClient, "9"))).toMatchObject([
      { outcome: "ready" },
    ]);
  });

  test("begins with the script behind somebody else's DHCP", () => {
    const story = new Story().downloads(10, 20, script, 900).downloads(30, 40, kernel, 9);
    expect(bootsIn(story)).toMatchObject([{ began: 10, stop: { id: "kernel-silent" } }]);
  });

  test("is remembered for the last few boots only", () => {
    const story = new Story();
    for (let n = 0; n < 50; n += 1) story.powerOn(n * 1000);
    expect(bootsIn(story).map(({ began }) => began)).toEqual(
      [49, 48, 47, 46, 45, 44, 43, 42].map((n) => n * 1000),
    );
  });
});

test("where the last boot stands can be asked of facts alone", () => {
  expect(standsIn(loaded().facts(), shoe, roleOf, 0)?.id).toBe("loader-not-run");
  expect(standsIn(uefiPxe().facts(), shoe, roleOf, 0)).toBeUndefined();
  expect(standsIn([], shoe, roleOf, 0)).toBeUndefined();
});

describe("the transactions of a server's log", () => {
  test("are kept for the machines heard of last", () => {
    const all = new Transactions(roleOf, { machines: 2 });
    for (const machine of ["a", "b", "a", "c"]) for (const fact of loaded().facts()) all.feed(machine, fact);
    expect([...new Set(all.all(0).map(({ machine }) => machine))].sort()).toEqual(["a", "c"]);
  });

  test("keep two machines behind one address apart", () => {
    const all = new Transactions(roleOf);
    for (const fact of scripted().facts()) all.feed("a", fact);
    for (const fact of biosPxe().facts()) all.feed("b", fact);
    expect(all.all(10 ** 9).map(({ machine, outcome }) => `${machine} ${outcome}`)).toEqual([
      "b ready",
      "a stopped",
    ]);
  });

  test("never throw and always say something, in whatever order facts come", () => {
    const facts = [...uefiPxe().facts(), ...kernelSent().facts(), ...answered("0.0.0.0", "").facts()];
    const order = fc.shuffledSubarray(facts, { minLength: 1 });
    fc.assert(
      fc.property(order, fc.integer(), (some, now) => {
        const all = new Transactions(roleOf);
        const own = new MachineBoots(shoe, roleOf);
        for (const fact of some) {
          all.feed("shoe", fact);
          own.feed(fact);
        }
        for (const { outcome, stop } of [...all.all(now), ...own.transactions(now)]) {
          expect(outcome === "ready").toBe(stop === undefined);
        }
      }),
      { seed: 20261120, numRuns: 500 },
    );
  });
});
