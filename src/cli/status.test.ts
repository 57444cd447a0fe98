import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { ServerStatus } from "../serve/status.ts";
import { roleByName } from "../trace/file-roles.ts";
import { Transactions } from "../trace/transactions.ts";
import { stoppedNow } from "./boot-history.ts";
import { formatStatus } from "./status.ts";

const now = Date.UTC(2026, 10, 20, 17, 1);
const time = new Date(now - 5000).toISOString();
const status: ServerStatus = {
  ...{ pid: 7, version: "0", site: "here", file: "/etc/site.ts", interface: "lan0", address: "10.69.0.1" },
  ...{ mode: "server", dryRun: false, user: "nobody", log: "/var/lib/dryboot/log.ndjson" },
  ...{ began: time, uptimeMs: 5000, leases: { offered: 1, bound: 2, ended: 3, declined: 0 }, bound: [] },
  transfers: [
    {
      protocol: "http",
      file: "vmlinuz",
      from: "10.69.0.10",
      machine: "node1",
      since: time,
      sentBytes: 1024,
      sizeBytes: 2048,
    },
  ],
  boots: [{ machine: "node1", began: time, last: time, step: "files", detail: "vmlinuz" }],
  problems: [{ first: time, last: time, count: 3, says: "HTTP 404 \u001b[2Jx" }],
};
/** One machine that asked, and was not answered. */
function stoppedBoots(machine: string, at: number) {
  const transactions = new Transactions(roleByName);
  const mac = "52:54:00:69:00:0a";
  const asking = { mac, xid: "1", messageType: "DHCPDISCOVER", from: "0.0.0.0" } as const;
  transactions.feed(machine, {
    seq: 0,
    at,
    type: "dhcp.received",
    ...asking,
    clientSystemArch: [7],
    vendorClassIdentifier: "PXEClient",
  });
  return stoppedNow(transactions.all(now));
}
const text = (given: ServerStatus) => formatStatus(given, now).map(stripVTControlCharacters).join("\n");

test("the status fits a screen and says who, what, how far and what is wrong", () => {
  expect(text(status)).toBe(
    [
      "site     here (/etc/site.ts)",
      "serving  10.69.0.1 on lan0, mode server",
      "process  7, user nobody, up 5.00 s",
      "leases   2 bound, 1 offered, 3 ended, 0 declined",
      "log      /var/lib/dryboot/log.ndjson",
      "",
      "Transfers under way:",
      "  node1  HTTP  vmlinuz  1.0 KiB of 2.0 KiB",
      "",
      "Last boots:",
      "  node1  files  5.00 s ago  vmlinuz",
      "",
      "Stopped (dryboot logs --boots says what to do): none",
      "",
      "Problems:",
      "    5.00 s ago  3 times  HTTP 404 ?[2Jx",
    ].join("\n"),
  );
});

test("a machine whose boot stopped is named, with where and why", () => {
  const [stopped] = stoppedBoots(status.boots[0]?.machine ?? "", now - 90_000);
  const lines = formatStatus(status, now, stopped ? [stopped] : []).map(stripVTControlCharacters);
  expect(lines.join("\n")).toMatch(
    /Stopped .*:\n {2}node1 {2}1 min 30 s ago {2}it asks, and was not answered: nothing was sent\n/,
  );
});

test("the status of a quiet dry run says so, and long lists are cut", () => {
  const [problem] = status.problems;
  if (!problem) throw new Error("no problem to repeat");
  const quiet = {
    ...status,
    dryRun: true,
    transfers: [],
    problems: Array.from({ length: 12 }, () => problem),
  };
  expect(text(quiet)).toContain("dry run: nothing is answered");
  expect(text(quiet)).toContain("Transfers under way: none");
  expect(text(quiet)).toContain("and 2 more (--json has them)");
});
