import { describe, expect, test } from "vitest";
import type { Fact } from "../src/core/timeline.ts";
import { Timeline } from "../src/core/timeline.ts";
import type { BootFacts } from "../src/lab/facts.ts";
import { timeBoot } from "./console-phases.ts";

const login = /\blogin: $/;

/** Power-on at 1000, then what a console says at which time. */
function facts(said: readonly (readonly [number, string])[]): readonly Fact<BootFacts>[] {
  let now = 0;
  const timeline = new Timeline<BootFacts>(() => now);
  now = 1000;
  timeline.record("vm.powered-on", { machine: "node1", lane: "bios-pxe" });
  for (const [at, text] of said) {
    now = 1000 + at;
    timeline.record("console.output", { machine: "node1", text });
  }
  return timeline.facts();
}

const biosBoot = [
  [140, "SeaBIOS (version 1.16.2)\r\n"],
  [300, "iPXE initialising dev"],
  [310, "ices...ok\r\n"],
  [2400, "Configuring (net0 52:54:00:69:00:0a)..."],
  [2450, " ok\r\nnet0: 10.69.0.10/255.255.255.0\r\nnet0: fe80::1/64\r\n"],
  [2600, "http://10.69.0.1/images/rescue/vmlinuz... ok\r\n"],
  [2700, "http://10.69.0.1/images/rescue/initrd.img.. ok\r\n"],
  [3300, "[    0.000000] Linux version 6.1.0\r\n"],
  [4900, "dryboot-rescue: init\r\n"],
  [5500, "\r\nnode1 login: "],
] as const;

describe("the phases of a boot by its console", () => {
  test("each lasts until the next sign, and together they are the whole boot", () => {
    const timed = timeBoot(facts(biosBoot), "node1", login);
    expect(timed).toEqual({
      totalMs: 5500,
      phases: {
        firmware: 310, // a sign that comes in two pieces is there with the second
        ipxe: 2090,
        "ipxe address": 50,
        "script, files": 250,
        "kernel unpacks": 600,
        kernel: 1600,
        userland: 600,
      },
    });
  });

  test("a kernel that QEMU loads has no phases before it", () => {
    const timed = timeBoot(facts(biosBoot.slice(7)), "node1", login);
    expect(timed?.phases).toEqual({ firmware: 3300, kernel: 1600, userland: 600 });
  });

  test("colours and cursor movements are no part of a sign", () => {
    const said = [
      [50, "\x1b[1m\x1b[37mLinux \x1b[0mversion 6.1"],
      [90, "\x1b[2Jnode1 login: "],
    ] as const;
    expect(timeBoot(facts(said), "node1", login)?.phases).toEqual({ firmware: 50, kernel: 40 });
  });

  test("a sign that comes after what it should stand before is nobody's beginning", () => {
    const said = [
      [100, "Linux version 6.1\r\n"],
      [200, "dryboot-rescue: init\r\n"],
      [300, "dmesg says: Configuring (net0\r\n"],
      [400, "node1 login: "],
    ] as const;
    const timed = timeBoot(facts(said), "node1", login);
    expect(Object.values(timed?.phases ?? {}).reduce((sum, each) => sum + each, 0)).toBe(400);
    expect(timed?.phases).toMatchObject({ kernel: 100, userland: 200 });
  });

  test("no login, another machine's login, or no power-on is no boot", () => {
    expect(timeBoot(facts(biosBoot.slice(0, -1)), "node1", login)).toBeUndefined();
    expect(timeBoot(facts(biosBoot), "node2", login)).toBeUndefined();
    expect(timeBoot(facts(biosBoot).slice(1), "node1", login)).toBeUndefined();
  });
});
