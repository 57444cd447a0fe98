import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIpv4 } from "../wire/ipv4.ts";
import { bound } from "./conversation.ts";
import { AddressSet } from "./lease-addresses.ts";
import type { Lease } from "./leases.ts";
import { LeaseTable } from "./leases.ts";

describe("the set of addresses", () => {
  test("finds the first missing one as a search through all would", () => {
    const numbers = fc.integer({ min: 0, max: 200 });
    const range = fc.tuple(numbers, numbers);
    // Across the end of a page, and where 32-bit numbers become negative.
    const bases = fc.constantFrom(0, 65_536 - 100, 2 ** 31 - 100, 2 ** 32 - 201);
    fc.assert(
      fc.property(
        bases,
        fc.array(numbers, { maxLength: 150 }),
        fc.array(numbers),
        range,
        (base, added, removed, at) => {
          const set = new AddressSet();
          for (const n of added) set.add(base + n);
          for (const n of removed) set.delete(base + n);
          const left = new Set(added.filter((n) => !removed.includes(n)));
          const [first, last] = at;
          let expected: number | undefined;
          for (let n = first; n <= last && expected === undefined; n += 1)
            if (!left.has(n)) expected = base + n;
          expect(set.firstMissing(base + first, base + last)).toBe(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the lease table", () => {
  test("knows the lease that is over for longest as a search through all would", () => {
    const step = fc.record({
      n: fc.integer({ min: 0, max: 12 }),
      client: fc.integer({ min: 0, max: 12 }),
      until: fc.integer({ min: 0, max: 30 }),
      now: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new LeaseTable();
        const even = (address: string) => /[02468]$/.test(address);
        for (const { n, client, until, now } of steps) {
          table.store(bound(formatIpv4(n), `m${client}`, until));
          const over = [...table.all()].filter((lease) => lease.until <= now && even(lease.address));
          const longest = over.length === 0 ? undefined : Math.min(...over.map((lease) => lease.until));
          const found = table.longestOver(now, even);
          expect(found?.until).toBe(longest);
          if (found) expect(table.at(found.address)).toBe(found);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a client that renews a million times costs no more than one", () => {
    const table = new LeaseTable();
    const any = () => true;
    table.longestOver(0, any);
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 300_000; n += 1) table.store(bound("10.0.0.1", "m", n));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(60 * 2 ** 20);
    expect(table.longestOver(1e9, any)?.until).toBe(299_999);
  });

  test("a running lease outside the policy is put aside and comes back with the policy", () => {
    const [running, over, other] = [
      bound("10.0.0.1", "a", 50),
      bound("10.0.0.2", "b", 5),
      bound("10.9.0.1", "c"),
    ];
    const table = new LeaseTable([running, over, other]);
    const oldPolicy = ({ address }: Lease) => address.startsWith("10.0.");
    table.keepOnly((lease) => !oldPolicy(lease), 10);
    expect([...table.all()]).toEqual([other]);
    expect([...table.everything()]).toEqual([running, other]);
    table.keepOnly(oldPolicy, 20);
    expect([...table.all()]).toEqual([running]);
    expect(table.unused("10.0.0.1", "10.0.0.2")).toBe("10.0.0.2");
  });
});
