import { describe, expect, test } from "vitest";
import type { HeldAddress } from "./names.ts";
import { hostNameOf, NameTable, unaddressed } from "./names.ts";

const machines = [
  { name: "left", mac: "52:54:00:69:02:0a", ip: "10.69.0.10" },
  { name: "right", mac: "52:54:00:69:02:0b" },
];

function table(held: () => HeldAddress[]) {
  let now = 0;
  const names = new NameTable({ machines, reserved: ["dryboot"], domain: "lab.internal", held }, () => now);
  return { names, wait: (ms: number) => (now += ms) };
}

const guest = (last: number, hostName: string): HeldAddress => ({
  address: `10.69.0.${last}`,
  mac: `52:54:00:00:00:${last}`,
  hostName,
});

describe("the names of machines", () => {
  test("are there with a fixed address, with a lease, and without an address", () => {
    const held: HeldAddress[] = [];
    const { names, wait } = table(() => held);
    expect(names.addressOf("left")).toBe("10.69.0.10");
    expect(names.addressOf("right")).toBe(unaddressed);
    held.push({ address: "10.69.0.100", mac: "52:54:00:69:02:0b", hostName: "rescue" });
    wait(1000);
    expect(names.addressOf("right")).toBe("10.69.0.100");
    expect(names.hostOf("10.69.0.100")).toBe("right");
    expect(names.addressOf("rescue")).toBeUndefined();
  });

  test("cannot be taken by a client that asks for them", () => {
    const { names } = table(() => [guest(50, "left"), guest(51, "right"), guest(52, "dryboot")]);
    expect(names.addressOf("left")).toBe("10.69.0.10");
    expect(names.addressOf("right")).toBe(unaddressed);
    expect(names.addressOf("dryboot")).toBeUndefined();
    expect(names.hostOf("10.69.0.50")).toBeUndefined();
  });
});

describe("the names that clients ask for", () => {
  test("are theirs while they hold their address, and pass on when they do not", () => {
    let held = [guest(50, "printer")];
    const { names, wait } = table(() => held);
    expect(names.addressOf("printer")).toBe("10.69.0.50");
    held = [guest(51, "Printer"), guest(50, "printer")];
    wait(1000);
    expect(names.addressOf("printer")).toBe("10.69.0.50");
    held = [guest(51, "printer")];
    wait(1000);
    expect(names.addressOf("printer")).toBe("10.69.0.51");
    expect(names.hostOf("10.69.0.50")).toBeUndefined();
  });

  test("are looked up again after a moment, not at every question", () => {
    let looks = 0;
    const { names, wait } = table(() => {
      looks += 1;
      return [];
    });
    names.addressOf("a");
    names.addressOf("b");
    expect(looks).toBe(1);
    wait(50);
    names.addressOf("a");
    expect(looks).toBe(2);
  });

  test.each([
    ["printer", "printer"],
    ["Printer-2", "printer-2"],
    ["printer.lab.internal", "printer"],
    ["printer.lab.internal.", "printer"],
    ["printer.elsewhere.org", undefined],
    ["lab.internal", undefined],
    ["", undefined],
    [undefined, undefined],
    ["-x", undefined],
    ["a b", undefined],
    ["a\u0000b", undefined],
    ["a\nb", undefined],
    ["*", undefined],
    ["_ldap", undefined],
    ["x".repeat(64), undefined],
    ["wpad", undefined],
    ["WPAD.lab.internal", undefined],
    ["isatap", undefined],
    ["localhost", undefined],
    ["drück", undefined],
  ])("%j becomes %j", (asked, name) => {
    expect(hostNameOf(asked, "lab.internal")).toBe(name);
  });
});
