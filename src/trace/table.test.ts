import { describe, expect, test } from "vitest";
import { biosPxe, ipxeClient, roleOf, Story, shoe } from "./boots.fixture.ts";
import { countsOf } from "./counts.ts";
import { phasesOf } from "./phases.ts";
import { rowsOf, tableHeader, tableOf } from "./table.ts";

describe("the table of a boot", () => {
  test("accounts for every moment from power-on to ready", () => {
    const rows = rowsOf(phasesOf(biosPxe().facts(), shoe, roleOf));
    expect(rows[0]).toEqual({ name: "power-on", startMs: 0, tookMs: 0, source: "qmp" });
    // Handing over to the kernel, and what userland does once it has its address.
    expect(rows.filter(({ source }) => source === undefined)).toEqual([
      { name: "after dhcp", startMs: 2900, tookMs: 100 },
      { name: "after initrd-fetch", startMs: 3600, tookMs: 800 },
      { name: "after network", startMs: 5920, tookMs: 383 },
    ]);
    const short = 90 + 10; // pauses too short for a line of their own
    const sum = rows.reduce((total, { tookMs = 0 }) => total + tookMs, 0);
    expect(sum + short).toBe(6303);
  });

  test("prints times, what was transferred and who says so", () => {
    const facts = biosPxe().facts();
    const table = tableOf(phasesOf(facts, shoe, roleOf), countsOf(facts, shoe, roleOf));
    expect(table.every((row) => row.length === tableHeader.length)).toBe(true);
    expect(table.find(([name]) => name === "dhcp")).toEqual(["dhcp", "901 ms", "2.00 s", "4", "", "server"]);
    expect(table.find(([name]) => name === "kernel-fetch")).toEqual([
      "kernel-fetch",
      "3.10 s",
      "400 ms",
      "",
      "7.6 MiB",
      "server",
    ]);
    expect(table.at(-1)).toEqual(["ready", "6.30 s", "", "", "", "server"]);
  });

  test("shows where a boot is stuck and why, without what a client may have smuggled in", () => {
    const story = new Story().leases(1000, 2000, ipxeClient, "1");
    story.downloads(2100, 2105, "/\x1b[2J/vmlinuz", 0, 404);
    expect(tableOf(phasesOf(story.facts(), shoe, roleOf)).at(-1)).toEqual([
      "kernel-fetch",
      "1.10 s",
      "?",
      "",
      "",
      "server: HTTP 404 for /?[2J/vmlinuz",
    ]);
  });
});
