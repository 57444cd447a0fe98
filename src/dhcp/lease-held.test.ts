import { expect, test } from "vitest";
import { from, policy, server } from "./conversation.ts";
import { decide } from "./decide.ts";
import { readRecords } from "./lease-file.ts";
import { encodeRecord } from "./lease-record.ts";
import { LeaseTable } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";

/** Numbers below `below`, the same ones for the same seed. */
function dice(seed: number) {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
}

/** Six clients who want four addresses, and do all that a client can do. */
function anything(roll: (below: number) => number, table: LeaseTable): DhcpMessage {
  const n = roll(6);
  const mac = `52:54:00:69:01:0${n}`;
  const has = table.of(`1/${mac}`)?.address ?? "10.69.0.100";
  const wanted = roll(3) === 0 ? `10.69.0.${100 + roll(4)}` : has;
  const hostName = roll(4) === 0 ? { hostName: "shoe" } : {};
  const chosen = { serverIdentifier: server, requestedIpAddress: wanted };
  switch (roll(8)) {
    case 0:
      return from(mac, "DHCPRELEASE", { serverIdentifier: server }, { ciaddr: has });
    case 1:
      return from(mac, "DHCPDECLINE", { ...chosen, requestedIpAddress: has });
    case 2:
    case 3:
      return from(mac, "DHCPDISCOVER", { requestedIpAddress: wanted });
    case 4:
      return from(mac, "DHCPREQUEST", hostName, { ciaddr: has });
    default:
      return from(mac, "DHCPREQUEST", { ...chosen, ...hostName });
  }
}

/** How many leases run, having looked that the file says as much of each. */
function covered(table: LeaseTable, records: string, now: number): number {
  const read = readRecords(Buffer.from(records)).table;
  const running = Array.from(table.all()).filter(({ state, until }) => state === "bound" && until > now);
  for (const { address, client, until } of running) {
    const onDisk = read.at(address);
    expect(onDisk).toMatchObject({ client, state: "bound" });
    expect(onDisk?.until).toBeGreaterThanOrEqual(until);
  }
  return running.length;
}

/** One network's life: offers are not written, and what the disk holds is not written again, as in the server. */
function live(seed: number): { held: number; running: number } {
  const roll = dice(seed);
  const table = new LeaseTable();
  let records = "";
  let now = 0;
  let held = 0;
  let running = 0;
  for (let step = 0; step < 150; step += 1) {
    now += roll(10) === 0 ? roll(4_000_000) : roll(100_000);
    const { store, isHeld = false } = decide(anything(roll, table), policy, table, now);
    if (store) table.store(store);
    if (store && store.state !== "offered" && !isHeld) records += encodeRecord(store);
    held += Number(isHeld);
    running += covered(table, records, now);
  }
  return { held, running };
}

test("whatever clients do, the records on the disk cover every promise that still runs", () => {
  const lives = Array.from({ length: 40 }, (_, seed) => live(seed));
  const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);
  expect(sum(lives.map(({ held }) => held))).toBeGreaterThan(100);
  expect(sum(lives.map(({ running }) => running))).toBeGreaterThan(1000);
});
