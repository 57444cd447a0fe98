import { expect, test } from "vitest";
import { formatPath } from "../core/place.ts";
import { importedSite } from "./import.ts";
import { checkedSite } from "./load.ts";

const target = { name: "a", mac: "52:54:00:69:00:0a", ip: "10.69.0.10", config: "thin" };
const mistakes = (value: unknown) => {
  const imported = importedSite(value);
  if (!("mistakes" in imported)) throw new Error("it was taken");
  return imported.mistakes.map(({ path, says }) => `${formatPath(path)} ${says}`);
};

test("a list of machines becomes a site that is served, its configurations images", () => {
  const targets = [target, { name: "b", mac: "525400690011", ip: "10.69.0.11", config: "thin" }];
  const imported = importedSite({ netboot: { server: "10.69.0.1", targets } });
  expect("site" in imported && checkedSite(imported.site, "list")).toMatchObject({
    network: { server: "10.69.0.1", subnet: "10.69.0.0/24" },
    dhcp: { mode: "reservations" },
    images: { thin: { recipe: "rescue" } },
    machines: [
      { name: "a", mac: "52:54:00:69:00:0a" },
      { name: "b", mac: "52:54:00:69:00:11", image: "thin" },
    ],
  });
});

test("all that is wrong with a list is told at once, in its own places", () => {
  const targets = [target, { ...target, mac: "52:54" }, { ...target, mac: "52-54-00-69-00-0A", confg: "x" }];
  expect(mistakes({ netboot: { server: "10.69.0.1", targets } })).toEqual([
    'netboot.targets[1].mac is "52:54": expected a MAC address such as 52:54:00:69:00:0a',
    "netboot.targets[2].confg is no key we know",
    "netboot.targets[2].mac is 52:54:00:69:00:0a, and so is `netboot.targets[0].mac`",
  ]);
});

test("what no single entry shows is told too", () => {
  const targets = [target, { ...target, ip: "192.0.2.1" }];
  expect(mistakes({ netboot: { server: "10.69.0.1", targets } })).toEqual([
    "netboot.targets[1].ip is 192.0.2.1: expected an address that a machine can have in 10.69.0.0/24",
    "netboot.targets[1].name is a, and so is `netboot.targets[0].name`",
    "netboot.targets[1].mac is 52:54:00:69:00:0a, and so is `netboot.targets[0].mac` of a",
  ]);
});

test.each([[undefined], [null], [[]], [{}], [{ netboot: { server: "x", targets: 3 } }]])(
  "%j is no such list",
  (value) => expect(mistakes(value)).not.toEqual([]),
);
