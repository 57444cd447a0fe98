import { describe, expect, test } from "vitest";
import type { Lease } from "./leases.ts";
import { LeaseTable } from "./leases.ts";

const lease = (address: string, client: string, state: Lease["state"] = "bound"): Lease => ({
  address,
  client,
  mac: client,
  state,
  until: 1000,
});

describe("the lease table", () => {
  test("has one record per address and one per client", () => {
    const table = new LeaseTable([lease("10.0.0.1", "a"), lease("10.0.0.2", "b"), lease("10.0.0.2", "a")]);
    expect([...table.all()]).toEqual([lease("10.0.0.2", "a")]);
    expect(table.of("b")).toBeUndefined();
    expect(table.at("10.0.0.1")).toBeUndefined();
  });

  test("a declined address stays away while its client gets another", () => {
    const table = new LeaseTable([lease("10.0.0.1", "a"), lease("10.0.0.1", "a", "declined")]);
    expect(table.of("a")).toBeUndefined();
    table.store(lease("10.0.0.2", "a"));
    expect(table.at("10.0.0.1")?.state).toBe("declined");
    expect(table.of("a")?.address).toBe("10.0.0.2");
    table.store(lease("10.0.0.1", "b"));
    expect(table.of("a")?.address).toBe("10.0.0.2");
  });

  test("lists the one untouched longest first", () => {
    const table = new LeaseTable([lease("10.0.0.1", "a"), lease("10.0.0.2", "b"), lease("10.0.0.1", "a")]);
    expect(Array.from(table.all(), ({ address }) => address)).toEqual(["10.0.0.2", "10.0.0.1"]);
  });

  test("forgets what it is told to, by address and by client", () => {
    const table = new LeaseTable([lease("10.0.0.1", "a"), lease("10.0.0.2", "b")]);
    table.keepOnly(({ address }) => address === "10.0.0.1", 0);
    expect([table.size, table.of("b"), table.of("a")?.address]).toEqual([1, undefined, "10.0.0.1"]);
  });
});
