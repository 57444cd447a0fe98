import { describe, expect, test } from "vitest";
import { checkedSite } from "../site/load.ts";
import type { SiteFile } from "../site/schema.ts";
import { changesBetween, needsRestart } from "./site-changes.ts";

const site = (more: Partial<SiteFile> = {}) =>
  checkedSite(
    {
      name: "here",
      images: { rescue: { recipe: "rescue" } },
      machines: [
        { name: "a", mac: "52:54:00:00:00:01" },
        { name: "b", mac: "52:54:00:00:00:02" },
      ],
      ...more,
    },
    "site.json",
  );

describe("what a reload changes", () => {
  test("is told machine by machine, image by image", () => {
    const after = site({
      images: { installer: { recipe: "debian-installer" } },
      machines: [
        { name: "a", mac: "52:54:00:00:00:01", ip: "10.69.0.9" },
        { name: "c", mac: "52:54:00:00:00:03" },
      ],
      dhcp: { leaseTime: "1h" },
    });
    expect(changesBetween(site(), after)).toEqual([
      ...["machine a changed", "machine b is gone", "machine c is new"],
      ...["image rescue is gone", "image installer is new", "`dhcp` changed"],
    ]);
    expect(needsRestart(site(), after)).toEqual([]);
  });

  test("is nothing when the file says the same", () => {
    expect(changesBetween(site(), site())).toEqual([]);
  });

  test.each<[string, Partial<SiteFile>, string]>([
    [
      "the server's address",
      { network: { server: "10.69.0.9" } },
      "`network.server` (from 10.69.0.1 to 10.69.0.9)",
    ],
    [
      "the subnet",
      { network: { subnet: "10.69.0.0/25" } },
      "`network.subnet` (from 10.69.0.0/24 to 10.69.0.0/25)",
    ],
    ["names that were not served", { network: { domain: "lab.internal" } }, "`dns` (from off to on)"],
    ["the mode", { dhcp: { mode: "reservations" } }, "`dhcp.mode` (from server to reservations)"],
  ])("needs a restart for %s", (_, changes, says) => {
    expect(needsRestart(site(), site(changes))).toEqual([says]);
  });
});
