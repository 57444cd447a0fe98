import { describe, expect, test } from "vitest";
import type { Attempt } from "./dialect.ts";
import { nextAttempt } from "./dialect.ts";
import { ProxyMemory } from "./proxy-memory.ts";

const attempt: Attempt = {
  dialect: "direct",
  xid: 1,
  since: 0,
  progressed: false,
  proven: false,
  failures: 0,
};
const [a, b] = [
  { client: "1/a", mac: "a" },
  { client: "1/b", mac: "b" },
];

describe("what a proxy remembers", () => {
  test("a dialect that worked begins the next memory, and is said once", () => {
    let said = 0;
    const onProven = () => {
      said += 1;
    };
    const memory = new ProxyMemory({ capacity: 2, onProven });
    for (const { client, mac } of [a, b, { client: "1/c", mac: "c" }]) {
      memory.note({ client, mac, attempt });
      expect(said).toBe(0);
    }
    for (const client of ["1/a", "1/b", "1/b", "1/c"]) {
      memory.note({ client, mac: client.slice(2), attempt: { ...attempt, progressed: true } });
    }
    expect(said).toBe(3);
    expect([...memory.proven()]).toEqual([
      ["1/b", "direct"],
      ["1/c", "direct"],
    ]);
    const after = new ProxyMemory({ proven: memory.proven() });
    const discover = { xid: 7, usual: "redirect" } as const;
    expect(after.attempt("1/a")).toBeUndefined();
    expect(nextAttempt(after.attempt("1/b"), discover, 9).attempt).toEqual({
      ...{ dialect: "direct", xid: 7, since: 9, progressed: false, proven: true, failures: 0 },
    });
  });

  test("a fetch from the address a client took counts for its attempt", () => {
    const memory = new ProxyMemory();
    memory.note({ ...a, attempt });
    memory.note({ ...a, address: "10.0.0.5" });
    memory.fetchedFrom("10.0.0.6");
    expect(memory.attempt("1/a")).toEqual(attempt);
    memory.fetchedFrom("10.0.0.5");
    expect(memory.attempt("1/a")).toEqual({ ...attempt, progressed: true });
    expect(memory.macAt("10.0.0.5")).toBe("a");
  });

  test("an address belongs to whom it was given last", () => {
    const memory = new ProxyMemory();
    memory.note({ ...a, attempt, address: "10.0.0.5" });
    memory.note({ ...b, attempt, address: "10.0.0.5" });
    expect(memory.macAt("10.0.0.5")).toBe("b");
    memory.fetchedFrom("10.0.0.5");
    expect([memory.attempt("1/a")?.progressed, memory.attempt("1/b")?.progressed]).toEqual([false, true]);
    memory.note({ ...b, address: "10.0.0.6" });
    expect([memory.macAt("10.0.0.5"), memory.macAt("10.0.0.6")]).toEqual([undefined, "b"]);
    memory.note({ ...a, address: "10.0.0.7" });
    expect(memory.macAt("10.0.0.6")).toBe("b");
  });

  test("a flood of forged names makes it forget who was silent longest, and grow no further", () => {
    const memory = new ProxyMemory({ capacity: 100 });
    memory.note({ ...a, attempt, address: "10.0.0.5" });
    memory.note({ ...b, attempt });
    for (let forged = 0; forged < 99; forged += 1) {
      memory.note({ client: `1/${forged}`, mac: `${forged}`, attempt, address: `10.1.0.${forged}` });
    }
    expect([memory.attempt("1/a"), memory.macAt("10.0.0.5")]).toEqual([undefined, undefined]);
    expect(memory.attempt("1/b")).toEqual(attempt);
    expect(memory.macAt("10.1.0.98")).toBe("98");
  });
});
