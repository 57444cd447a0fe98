import { describe, expect, test } from "vitest";
import type { BootRun } from "./boot-table.ts";
import { laneTables, pairedRatios } from "./boot-table.ts";
import type { VariantName } from "./variants.ts";

const run = (variant: VariantName, round: number, totalMs: number): BootRun => ({
  lane: "bios-pxe",
  variant,
  round,
  result: { totalMs, cpuMs: totalMs / 2, phases: { firmware: 400, kernel: totalMs - 400 } },
});

describe("the tables of a boot benchmark", () => {
  test("a ratio compares boots of one round, so a slow round cancels out", () => {
    const base = [run("dryboot", 1, 1000), run("dryboot", 2, 4000)];
    expect(pairedRatios([run("dnsmasq", 1, 2000), run("dnsmasq", 2, 8000)], base)).toEqual([2, 2]);
  });

  test("a round whose partner did not come up has no ratio", () => {
    expect(pairedRatios([run("dnsmasq", 2, 2000)], [run("dryboot", 1, 1000)])).toEqual([]);
  });

  test("show median, least, most and ratio, phases side by side, and why a variant is missing", () => {
    const runs = [
      ...[1, 2, 3].map((round) => run("dryboot", round, 5000 + round * 100)),
      ...[1, 2, 3].map((round) => run("direct", round, 2600)),
    ];
    const absent = new Map<VariantName, string>([["dnsmasq", "not run: dnsmasq not installed"]]);
    const [, , ...lines] = laneTables("bios-pxe", runs, absent);
    const rows = lines.map((line) => line.trim().split(/ {2,}/));
    expect(rows).toContainEqual(["dryboot", "3", "5.20 s", "5.10 s", "5.30 s", "1.00", "50 %"]);
    expect(rows).toContainEqual(["direct", "3", "2.60 s", "2.60 s", "2.60 s", "0.50", "50 %"]);
    expect(rows).toContainEqual(["dnsmasq", "0", "not run: dnsmasq not installed"]);
    expect(rows).toContainEqual(["dnsmasq-ra", "0", "none came up"]);
    expect(rows).toContainEqual(["kernel", "4.80 s", "2.20 s"]);
    expect(rows.map(([first]) => first)).not.toContain("userland");
  });

  test("leave out the boots of another lane", () => {
    const lines = laneTables("uefi-pxe", [run("dryboot", 1, 5000)], new Map());
    expect(lines.join("\n")).not.toContain("5.00 s");
  });
});
