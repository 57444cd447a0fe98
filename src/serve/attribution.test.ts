import { describe, expect, test } from "vitest";
import type { Fact } from "../core/timeline.ts";
import { Attribution } from "./attribution.ts";
import type { LiveFacts } from "./facts.ts";

type Of<T extends keyof LiveFacts> = Extract<Fact<LiveFacts>, { type: T }>;
const fact = <T extends keyof LiveFacts>(type: T, details: Partial<LiveFacts[T]>) =>
  ({ seq: 0, at: 0, type, ...details }) as unknown as Of<T>;

const mac = "52:54:00:69:00:0a";
const from = "10.69.0.10";
const ack = fact("dhcp.sent", { mac, messageType: "DHCPACK", yiaddr: from });

function attribution(machines = [{ name: "node1", mac }]) {
  const made = new Attribution();
  made.setMachines(machines);
  return made;
}

describe("whom a fact is about", () => {
  test("is the machine whose MAC it names, by the site's name for it", () => {
    expect(attribution().machineOf(ack)).toBe("node1");
    expect(attribution([]).machineOf(ack)).toBe(mac);
  });

  test("is, for files, who got the address by DHCP", () => {
    const who = attribution();
    const asked = fact("tftp.requested", { id: 7, from, file: "x" });
    expect(who.machineOf(asked)).toBeUndefined();
    who.machineOf(ack);
    expect(who.machineOf(asked)).toBe("node1");
    expect(who.machineOf(fact("tftp.progress", { id: 7 }))).toBe("node1");
    expect(who.machineOf(fact("http.progress", { id: 7 }))).toBeUndefined(); // counts for itself
    expect(who.machineOf(fact("tftp.sent", { id: 7, from }))).toBe("node1");
  });

  test("follows an address to its new owner", () => {
    const who = attribution([]);
    who.machineOf(ack);
    who.machineOf(fact("dhcp.sent", { mac: "52:54:00:00:00:02", messageType: "DHCPACK", yiaddr: from }));
    expect(who.machineOf(fact("http.requested", { id: 1, from }))).toBe("52:54:00:00:00:02");
  });

  test("is, behind another DHCP server, who asked for the script of its MAC; a stranger names nobody", () => {
    const who = attribution();
    const script = (query: string) => fact("http.requested", { id: 1, from, path: "boot.ipxe", query });
    expect(who.machineOf(script("mac=02-00-00-00-00-01"))).toBeUndefined();
    expect(who.machineOf(script("mac=52-54-00-69-00-0a"))).toBe("node1");
  });

  test("is forgotten for the oldest when there are too many, and the newest is still known", () => {
    const who = attribution([]);
    const address = (index: number) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;
    for (let index = 0; index < 10_000; index += 1) {
      who.machineOf(
        fact("dhcp.sent", { mac: `mac ${index}`, messageType: "DHCPACK", yiaddr: address(index) }),
      );
    }
    const asks = (index: number) =>
      who.machineOf(fact("http.requested", { id: index, from: address(index) }));
    expect([asks(0), asks(9999)]).toEqual([undefined, "mac 9999"]);
  });
});
