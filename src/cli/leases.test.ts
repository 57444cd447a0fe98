import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import type { LeaseFacts } from "../dhcp/lease-facts.ts";
import { openLeaseStore } from "../dhcp/lease-store.ts";
import type { Lease } from "../dhcp/leases.ts";
import { leases } from "./leases.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const shoe: Lease = {
  ...{ address: "10.69.0.100", mac: "52:54:00:69:00:0b", client: "1/52:54:00:69:00:0b", state: "bound" },
  ...{ until: Date.now() + 3_600_500, hostName: "shoe" },
};
const hat: Lease = {
  ...shoe,
  address: "10.69.0.9",
  mac: "02:00:00:00:00:01",
  client: "1/h",
  state: "declined",
};

async function stateFolder(...stored: Lease[]) {
  const path = await mkdtemp(join(tmpdir(), "dryboot-leases-"));
  await using store = await openLeaseStore(path, new Timeline<LeaseFacts>());
  await Promise.all(stored.map((lease) => new Promise((written) => store?.append(lease, written))));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function says(...argv: string[]) {
  const terminal = recordingTerminal();
  const code = await leases.main(argv, terminal, new AbortController().signal);
  return [code, ...terminal.stdout];
}

test("lists leases in the order of their addresses, and how long they last", async () => {
  await using state = await stateFolder(shoe, hat);
  expect(await says("--state", state.path)).toEqual([
    0,
    "ADDRESS      MAC                NAME  STATE  FOR",
    "10.69.0.9    02:00:00:00:00:01  shoe  rests  1 h 00 min",
    "10.69.0.100  52:54:00:69:00:0b  shoe  lent   1 h 00 min",
    "1 of 2 known addresses are lent now",
  ]);
  const [, first] = await says("--state", state.path, "--json");
  expect(JSON.parse(String(first))).toEqual({ ...hat, until: new Date(hat.until).toISOString() });
});

test("an empty store is not an error", async () => {
  expect(await says("--state", "/nonexistent")).toEqual([0, "no address was ever lent here"]);
});

test("makes no store where there is none", async () => {
  await using state = await stateFolder();
  const missing = join(state.path, "missing");
  await expect(says("--state", missing, "--release", shoe.mac)).rejects.toMatchObject({
    code: "NO_SUCH_LEASE",
  });
  expect(existsSync(missing)).toBe(false);
});

test.each(["10.69.0.100", "52-54-00-69-00-0B"])("releases %s without a server", async (which) => {
  await using state = await stateFolder(shoe, hat);
  expect(await says("--state", state.path, "--release", which)).toEqual([
    0,
    "10.69.0.100 is no longer lent to 52:54:00:69:00:0b",
  ]);
  expect((await says("--state", state.path)).at(-1)).toBe("0 of 2 known addresses are lent now");
  await expect(says("--state", state.path, "--release", which)).rejects.toMatchObject({
    code: "NO_SUCH_LEASE",
  });
});

test("releases nothing while another process has the store and does not answer", async () => {
  await using state = await stateFolder(shoe);
  await using _other = await openLeaseStore(state.path, new Timeline<LeaseFacts>());
  await expect(says("--state", state.path, "--release", shoe.address)).rejects.toMatchObject({
    code: "LEASES_IN_USE",
  });
});
