import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bound } from "./conversation.ts";
import { journalFile, loadLeases, readRecords } from "./lease-file.ts";
import { LeaseJournal } from "./lease-journal.ts";
import { encodeRecord, journalHeader } from "./lease-record.ts";
import type { Lease } from "./leases.ts";
import { LeaseTable } from "./leases.ts";

async function folder() {
  const path = await mkdtemp(join(tmpdir(), "dryboot-leases-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const lease = (n: number, until = 1e12): Lease => bound(`10.0.${n >> 8}.${n & 255}`, `m${n}`, until);
const addresses = (leases: Iterable<Lease>) => Array.from(leases, ({ address }) => address);
const untils = (leases: Iterable<Lease>) => new Map(Array.from(leases, (one) => [one.address, one.until]));

describe("what is read from a journal", () => {
  const whole = [1, 2, 3].map((n) => encodeRecord(lease(n)));
  const bytes = Buffer.from(whole.join(""));

  test("a file cut anywhere holds every lease before the cut, and is not called damaged", () => {
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const { table, damaged } = readRecords(bytes.subarray(0, cut));
      const complete = bytes.subarray(0, cut).toString().split("\n").length - 1;
      expect([cut, table.size, damaged]).toEqual([cut, complete, 0]);
    }
  });

  test("zeros behind the last record, and a block that never came, end it", () => {
    const torn = Buffer.concat([
      bytes,
      Buffer.alloc(40),
      Buffer.from(encodeRecord(lease(9))),
      Buffer.alloc(9),
    ]);
    expect(readRecords(torn)).toMatchObject({ damaged: 0, table: { size: 3 } });
  });

  test("one flipped bit costs one record, and is counted", () => {
    const [first = ""] = whole;
    for (let at = 0; at < first.length - 1; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const { table, damaged } = readRecords(flipped);
      expect([at, addresses(table.all())]).toEqual([at, ["10.0.0.2", "10.0.0.3"]]);
      expect(damaged).toBeGreaterThanOrEqual(1); // two when the flip makes a line's end
    }
  });

  test("the later record of an address and of a client counts", () => {
    const renewed = [lease(1), lease(2), lease(1, 5), { ...lease(2), client: "1/m1" }];
    const { table } = readRecords(Buffer.from(renewed.map(encodeRecord).join("")));
    expect([...table.all()]).toEqual([{ ...lease(2), client: "1/m1" }]);
  });

  test("any name a client gives itself survives", () => {
    const odd = { ...lease(1), hostName: 'a"b\\ü\u2028' };
    expect([...readRecords(Buffer.from(encodeRecord(odd))).table.all()]).toEqual([odd]);
  });

  test.each([
    ["dryboot leases 7\n", /is of version 7, and this dryboot reads version 1/],
    ["\0\0\0\0", /is no lease journal/],
    ["", /is no lease journal/],
  ])("a file that begins with %j is refused, not emptied", async (content, message) => {
    await using store = await folder();
    await writeFile(journalFile(store.path), content);
    await expect(loadLeases(store.path)).rejects.toThrow(message);
  });

  test("without a file there are no leases", async () => {
    await using store = await folder();
    expect((await loadLeases(store.path)).table.size).toBe(0);
  });
});

describe("the journal", () => {
  const put = (journal: LeaseJournal, one: Lease) =>
    new Promise<Error | undefined>((resolve) => journal.append(one, resolve));

  test("a lease is in the file when its promise may be made, in the order they came", async () => {
    await using store = await folder();
    const table = new LeaseTable();
    await using journal = await LeaseJournal.open(journalFile(store.path), { snapshot: () => table.all() });
    const order: number[] = [];
    const writing = [1, 2, 3].map(async (n) => {
      await put(journal, lease(n));
      expect(readFileSync(journalFile(store.path), "latin1")).toContain(encodeRecord(lease(n)));
      order.push(n);
    });
    await Promise.all(writing);
    expect(order).toEqual([1, 2, 3]);
    expect(addresses((await loadLeases(store.path)).table.all())).toEqual([
      "10.0.0.1",
      "10.0.0.2",
      "10.0.0.3",
    ]);
  });

  test("who waits for what was appended before is told when that is in the file, else at once", async () => {
    await using store = await folder();
    const file = journalFile(store.path);
    await using journal = await LeaseJournal.open(file, { snapshot: () => [] });
    let settled = 0;
    const settle = () =>
      journal.settle(() => {
        settled += 1;
      });
    settle();
    expect(settled).toBe(1);
    const written = put(journal, lease(1));
    settle();
    expect(settled).toBe(1);
    await written;
    await expect.poll(() => settled).toBe(2);
    expect(readFileSync(file, "latin1")).toContain(encodeRecord(lease(1)));
  });

  test("is written anew while leases come in, and loses none of them", async () => {
    await using store = await folder();
    const file = journalFile(store.path);
    const table = new LeaseTable();
    const records = async () => (await readFile(file, "latin1")).split("\n").length;
    let renewals = 0;
    {
      await using journal = await LeaseJournal.open(file, {
        snapshot: () => table.everything(),
        compactAfterBytes: 20_000,
      });
      // On a slow disk more come in before it is written anew.
      while (renewals < 30_000 || (await records()) >= renewals / 10) {
        const batch = Array.from({ length: 100 }, (_, i) => lease((renewals + i) % 300, renewals + i));
        renewals += batch.length;
        for (const one of batch) table.store(one);
        expect(await Promise.all(batch.map((one) => put(journal, one)))).toEqual(batch.map(() => undefined));
      }
    }
    const { table: loaded, damaged } = await loadLeases(store.path);
    expect(damaged).toBe(0);
    expect(untils(loaded.all())).toEqual(untils(table.all()));
    expect(await records()).toBeLessThan(renewals / 10);
  });

  test("loses nothing that comes after it was written anew, though somebody waited all the time", async () => {
    for (let round = 0; round < 40; round += 1) {
      await using store = await folder();
      const file = journalFile(store.path);
      const table = new LeaseTable();
      let rewrites = 0;
      const snapshot = () => {
        rewrites += 1;
        return table.everything();
      };
      const journal = await LeaseJournal.open(file, { snapshot, compactAfterBytes: 2000 });
      let stored = 0;
      let more = 10 * round;
      // Each stores its next lease as soon as the one before is written: the queue is never empty.
      const chain = async (): Promise<void> => {
        while (rewrites < 3 || more > 0) {
          if (rewrites >= 3) more -= 1;
          const one = lease(stored, stored);
          stored += 1;
          table.store(one);
          expect(await put(journal, one)).toBeUndefined();
        }
      };
      await Promise.all(Array.from({ length: 10 }, chain));
      await journal[Symbol.asyncDispose]();
      expect(untils((await loadLeases(store.path)).table.all())).toEqual(untils(table.all()));
    }
  });

  test("no lease counts as written while the disk fails, and all do once it works again", async () => {
    await using store = await folder();
    const file = journalFile(store.path);
    const table = new LeaseTable();
    const failures: string[] = [];
    const onFailure = (error: Error) => failures.push(error.message);
    let broken = false;
    const snapshot = () => {
      if (broken) throw new Error("no space left");
      return table.everything();
    };
    await using journal = await LeaseJournal.open(file, { snapshot, onFailure, compactAfterBytes: 0 });
    // The journal becomes a folder: it can be written, but not be replaced.
    const store1 = async (n: number) => {
      table.store(lease(n));
      return await put(journal, lease(n));
    };
    expect(await store1(1)).toBeUndefined();
    await rm(file);
    await mkdir(join(file, "in-the-way"), { recursive: true });
    for (let n = 2; failures.length === 0; n += 1) await store1(n); // until it is written anew
    expect(await store1(100)).toBeInstanceOf(Error);
    // Whether an earlier record is in the file, nobody knows now.
    expect(await new Promise<unknown>((resolve) => journal.settle(resolve))).toBeInstanceOf(Error);
    broken = true;
    await rm(file, { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await store1(101))?.message).toBe("no space left");
    broken = false;
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await store1(102)).toBeUndefined();
    expect(failures).toHaveLength(1);
    expect(addresses((await loadLeases(store.path)).table.all())).toEqual(addresses(table.all()));
  });

  test("what was appended before it is closed is written, what comes later is told so", async () => {
    await using store = await folder();
    const journal = await LeaseJournal.open(journalFile(store.path), { snapshot: () => [] });
    const written = put(journal, lease(1));
    await journal[Symbol.asyncDispose]();
    await journal[Symbol.asyncDispose]();
    expect(await written).toBeUndefined();
    expect((await put(journal, lease(2)))?.message).toBe("the lease store is closed");
    expect(addresses((await loadLeases(store.path)).table.all())).toEqual(["10.0.0.1"]);
  });

  test("the first file holds its header before there is any lease", async () => {
    await using store = await folder();
    await using _journal = await LeaseJournal.open(journalFile(store.path), { snapshot: () => [] });
    const content = await readFile(journalFile(store.path), "latin1");
    expect(content.replace(/\0+$/, "")).toBe(journalHeader);
  });
});
