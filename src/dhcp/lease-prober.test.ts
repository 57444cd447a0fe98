import { expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { converse, from, policy, replied, stranger } from "./conversation.ts";
import type { LeaseFacts } from "./lease-facts.ts";
import type { Neighbours } from "./lease-probe.ts";
import { parseArpTable } from "./lease-probe.ts";
import { ConflictProber } from "./lease-prober.ts";
import { leasesInMemory } from "./lease-store.ts";
import { poolOf } from "./policy.ts";

const squatter = "52:54:00:aa:aa:aa";

async function probing(neighbours: Neighbours) {
  const store = leasesInMemory();
  const timeline = new Timeline<LeaseFacts>(() => 0);
  let at = 0;
  const prober = new ConflictProber({
    ...{ store, timeline, neighbours, pool: () => poolOf(policy), now: () => at },
    signal: new AbortController().signal,
  });
  await new Promise(setImmediate); // it begins by itself
  const look = async (now: number) => {
    at = now;
    await prober.look();
  };
  return { table: store.table, timeline, look, [Symbol.dispose]: () => prober[Symbol.dispose]() };
}

test("an address somebody answers at rests, as a fact, and is not offered", async () => {
  const asked: string[][] = [];
  using probes = await probing((addresses) => {
    asked.push([...addresses]);
    return Promise.resolve(new Map([["10.69.0.100", squatter]]));
  });
  expect(asked).toEqual([["10.69.0.100", "10.69.0.101", "10.69.0.102", "10.69.0.103"]]);
  expect(probes.timeline.facts()).toMatchObject([
    { type: "dhcp.conflict", address: "10.69.0.100", mac: squatter },
  ]);
  expect(probes.table.at("10.69.0.100")).toMatchObject({ state: "declined", until: 600_000 });
  expect([...probes.table.probed]).toEqual(["10.69.0.101", "10.69.0.102", "10.69.0.103"]);
  const offer = replied(converse(probes.table, [from(stranger, "DHCPDISCOVER")]));
  expect(offer.reason).toBe("10.69.0.101: nobody had it yet, and nobody answered there");
  expect([...probes.table.probed]).toEqual(["10.69.0.102", "10.69.0.103"]);
  await probes.look(1);
  expect(asked).toHaveLength(1); // nothing is left to ask for
});

test("silence counts for five minutes", async () => {
  let asked = 0;
  using probes = await probing((addresses) => {
    asked += addresses.length;
    return Promise.resolve(new Map());
  });
  await probes.look(299_000);
  expect(asked).toBe(4);
  await probes.look(300_000);
  expect(asked).toBe(8);
});

test("who answers at an address given away meanwhile is its client", async () => {
  const { promise, resolve } = Promise.withResolvers<ReadonlyMap<string, string>>();
  using probes = await probing(() => promise);
  const offer = replied(converse(probes.table, [from(stranger, "DHCPDISCOVER")]));
  const address = offer.reply.message.yiaddr;
  resolve(new Map([[address, stranger]]));
  await new Promise(setImmediate);
  expect(probes.table.at(address)?.state).toBe("offered");
  expect(probes.timeline.facts()).toEqual([]);
});

test("a machine where nothing can be probed is told once, and served all the same", async () => {
  using probes = await probing(() => Promise.reject(new Error("no such file")));
  await probes.look(1).catch(() => undefined);
  expect(probes.timeline.facts()).toMatchObject([{ type: "dhcp.probe-failed", problem: "no such file" }]);
  expect(replied(converse(probes.table, [from(stranger, "DHCPDISCOVER")])).reason).toMatch(
    /nobody had it yet$/,
  );
});

test("of the kernel's table only complete entries are answers", () => {
  const table = `IP address       HW type     Flags       HW address            Mask     Device
10.69.0.100      0x1         0x2         52:54:00:aa:aa:aa     *        br0
10.69.0.101      0x1         0x0         00:00:00:00:00:00     *        br0
10.69.0.102      0x1         0x6         52:54:00:aa:aa:ab     *        br0
`;
  expect([...parseArpTable(table)]).toEqual([
    ["10.69.0.100", squatter],
    ["10.69.0.102", "52:54:00:aa:aa:ab"],
  ]);
});
