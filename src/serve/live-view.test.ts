import { describe, expect, test } from "vitest";
import type { LiveFacts } from "./facts.ts";
import { LiveView } from "./live-view.ts";
import type { LogEntry } from "./log-entry.ts";

const entry = <T extends keyof LiveFacts>(
  type: T,
  details: Partial<LiveFacts[T]> & { machine?: string },
  second = 0,
) => {
  const time = new Date(Date.UTC(2026, 10, 20, 17) + second * 1000).toISOString();
  return { seq: 0, at: 0, time, type, ...details } as unknown as LogEntry;
};
const machine = "node1";
const offer = (second: number) =>
  entry(
    "dhcp.sent",
    { machine, messageType: "DHCPOFFER", yiaddr: "10.69.0.10", bootfileName: "snponly.efi" },
    second,
  );

function viewOf(...entries: LogEntry[]): LiveView {
  const view = new LiveView();
  for (const each of entries) view.feed(each);
  return view;
}

describe("what goes on", () => {
  test("shows a transfer while it runs, with how far it is, and not after it", () => {
    const asked = entry("http.requested", {
      id: 3,
      from: "10.69.0.10",
      path: "images/rescue/vmlinuz",
      machine,
    });
    const progress = entry("http.progress", {
      id: 3,
      path: "images/rescue/vmlinuz",
      sentBytes: 5,
      sizeBytes: 9,
    });
    const view = viewOf(asked, progress);
    expect(view.transfers).toMatchObject([
      { protocol: "http", file: "images/rescue/vmlinuz", machine, sentBytes: 5, sizeBytes: 9 },
    ]);
    view.feed(
      entry("http.failed", { id: 3, from: "10.69.0.10", path: "images/rescue/vmlinuz", reason: "it left" }),
    );
    expect(view.transfers).toEqual([]);
  });

  test("follows a boot from its address to ready", () => {
    const steps = [
      offer(0),
      entry("tftp.sent", { id: 1, file: "snponly.efi", machine }, 1),
      entry("http.sent", { id: 2, path: "boot.ipxe", status: 200, machine }, 2),
      entry("http.sent", { id: 3, path: "images/rescue/vmlinuz", status: 200, machine }, 3),
      entry("machine.ready", { machine, address: "10.69.0.10" }, 4),
      entry("http.sent", { id: 4, path: "ready", status: 200, machine }, 4),
    ];
    const view = new LiveView();
    const seen = steps.map((each) => {
      view.feed(each);
      return view.boots[0]?.step;
    });
    expect(seen).toEqual(["address", "loader", "script", "files", "ready", "ready"]);
    expect(view.boots[0]).toMatchObject({ began: steps[0]?.time, last: steps[4]?.time });
  });

  test("takes an address that an operating system asks for no boot, and one after ready for the next boot", () => {
    const lease = entry("dhcp.sent", { machine, messageType: "DHCPACK", yiaddr: "10.69.0.10" }, 9);
    expect(viewOf(lease).boots).toEqual([]);
    const again = viewOf(offer(0), entry("machine.ready", { machine, address: "" }, 5), lease, offer(60));
    expect(again.boots).toMatchObject([{ step: "address", began: offer(60).time }]);
  });

  test("counts a problem that comes back instead of listing it again, newest first", () => {
    const missing = (second: number) => entry("http.sent", { id: 1, path: "nothing", status: 404 }, second);
    const view = viewOf(
      missing(0),
      entry("serve.warned", { problem: "no link", next: "check" }, 1),
      missing(2),
    );
    expect(view.problems).toMatchObject([
      { says: "HTTP 404 nothing", count: 2, first: missing(0).time, last: missing(2).time },
      { says: "no link; check", count: 1 },
    ]);
  });

  test.each([
    ["somebody else's choice", "it chose the server 10.69.0.2", 0],
    ["an empty pool", "no address of 10.69.0.100 to 10.69.0.103 is free", 1],
    ["a bug", "bug: TypeError", 1],
    ["a full disk", "its lease could not be written: no space left", 1],
  ])("makes a problem of a silence only where there is one: %s", (_, reason, problems) => {
    expect(viewOf(entry("dhcp.silent", { mac: "", reason })).problems).toHaveLength(problems);
  });

  test("stays small however many strangers come", () => {
    const view = new LiveView();
    for (let id = 0; id < 5000; id += 1) {
      view.feed(entry("tftp.requested", { id, from: `f${id}`, file: "x", machine: `m${id}` }));
      view.feed(entry("dhcp.sent", { machine: `m${id}`, bootfileName: "x", yiaddr: "" }));
      view.feed(entry("http.sent", { id, path: `p${id}`, status: 404 }));
    }
    expect([view.transfers.length, view.boots.length, view.problems.length]).toEqual([2048, 64, 32]);
    expect(view.boots[0]?.machine).toBe("m4999");
  });
});
