import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { bound, policy } from "./conversation.ts";
import { askToRelease } from "./lease-control.ts";
import type { LeaseFacts } from "./lease-facts.ts";
import { journalFile, loadLeases } from "./lease-file.ts";
import { keepLeases } from "./lease-keeping.ts";
import { encodeRecord, journalHeader } from "./lease-record.ts";
import { openLeaseStore } from "./lease-store.ts";

async function emptyFolder() {
  const path = await mkdtemp(join(tmpdir(), "dryboot-leases-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const timeline = () => new Timeline<LeaseFacts>(() => 0);
const mac = "52:54:00:69:00:0b";
const lease = bound("10.69.0.100", mac);

async function keep(folder: string) {
  const deps = { timeline: timeline(), signal: new AbortController().signal, now: () => 7 };
  const store = await keepLeases({ folder, policy: () => policy }, deps);
  store.table.store(lease);
  return { store, facts: () => deps.timeline.facts(), [Symbol.asyncDispose]: store[Symbol.asyncDispose] };
}

describe("a lease store", () => {
  test("has one owner, until that one is gone", async () => {
    await using folder = await emptyFolder();
    {
      await using _first = await keep(folder.path);
      expect(await openLeaseStore(folder.path, timeline())).toBeUndefined();
      await expect(keep(folder.path)).rejects.toMatchObject({ code: "LEASES_IN_USE" });
    }
    await using again = await openLeaseStore(folder.path, timeline());
    expect(again).toBeDefined();
  });

  test("is made where there is none, and says why it cannot be", async () => {
    await using folder = await emptyFolder();
    const below = join(folder.path, "a/b");
    await using made = await openLeaseStore(below, timeline());
    expect(made?.table.size).toBe(0);
    await writeFile(join(folder.path, "file"), "");
    const inFile = openLeaseStore(join(folder.path, "file/b"), timeline());
    await expect(inFile).rejects.toMatchObject({ code: "LEASES_FAILED", hint: /a store is a folder/ });
  });

  test("takes nothing for held that could not be written", async () => {
    await using folder = await emptyFolder();
    const store = await openLeaseStore(folder.path, timeline());
    const held = { ...lease, heldUntil: lease.until + 1 };
    store?.table.store(held);
    const write = () => new Promise<Error | undefined>((written) => store?.append(held, written));
    expect(await write()).toBeUndefined();
    expect(store?.table.at(lease.address)).toBe(held);
    await store?.[Symbol.asyncDispose]();
    expect((await write())?.message).toBe("the lease store is closed");
    expect(store?.table.at(lease.address)).toEqual(lease);
  });

  test("keeps a copy of a damaged file, and says so", async () => {
    await using folder = await emptyFolder();
    const content = `${journalHeader}broken\n${encodeRecord(lease)}`;
    await writeFile(journalFile(folder.path), content);
    const facts = timeline();
    await using store = await openLeaseStore(folder.path, facts);
    expect(store?.table.at(lease.address)).toEqual(lease);
    const copy = `${journalFile(folder.path)}.damaged`;
    expect(facts.facts("dhcp.leases-damaged")).toMatchObject([{ records: 1, copy }]);
    expect(await readFile(copy, "utf8")).toBe(content);
    expect((await loadLeases(folder.path)).damaged).toBe(0);
  });
});

describe("releasing beside a running server", () => {
  test.each(["10.69.0.100", mac, "52-54-00-69-00-0B"])(
    "by %s ends the lease, on the disk too",
    async (which) => {
      await using folder = await emptyFolder();
      await using server = await keep(folder.path);
      const ended = { ...lease, state: "ended", until: 7 };
      expect(await askToRelease(folder.path, which)).toEqual([ended]);
      expect(server.store.table.at(lease.address)).toEqual(ended);
      expect([...(await loadLeases(folder.path)).table.all()]).toEqual([ended]);
      expect(server.facts()).toMatchObject([{}, { type: "dhcp.lease-taken", address: lease.address, mac }]);
      expect(await askToRelease(folder.path, which)).toEqual([]); // it is over already
    },
  );

  test("what nobody has is nothing to release", async () => {
    await using folder = await emptyFolder();
    await using _server = await keep(folder.path);
    expect(await askToRelease(folder.path, "10.69.0.7")).toEqual([]);
    expect(await askToRelease(folder.path, "")).toEqual([]);
    await expect(askToRelease(folder.path, "x".repeat(9999))).rejects.toMatchObject({
      code: "LEASES_FAILED",
    });
  });

  test("without a server there is nobody to ask, also when one was killed", async () => {
    await using folder = await emptyFolder();
    expect(await askToRelease(folder.path, mac)).toBeUndefined();
    {
      await using _server = await keep(folder.path);
    }
    expect(await askToRelease(folder.path, mac)).toBeUndefined();
  });
});
