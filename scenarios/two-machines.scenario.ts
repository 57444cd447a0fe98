import { expect } from "vitest";
import { scenario } from "../src/test/scenario.ts";

scenario(
  "two machines boot at once, each with what the site says of it, and reach each other",
  async ({ lab }) => {
    await lab.netboot("two-machines");
    const left = await lab.machine("left", { lane: "bios-pxe" });
    const right = await lab.machine("right", { lane: "bios-pxe" });

    await lab.step("both are switched on", () => Promise.all([left.powerOn(), right.powerOn()]));
    await lab.step("both ask who logs in", () => Promise.all([lab.isUp(left), lab.isUp(right)]));
    await lab.step("root logs in on both", () => Promise.all([left.logIn("root"), right.logIn("root")]));

    expect(await left.run("cat /proc/cmdline")).toContain("dryboot.role=left");
    expect(await right.run("cat /proc/cmdline")).not.toContain("dryboot.role");

    expect(await left.run("cat /sys/block/vda/size /sys/block/vda/serial")).toBe("131072\ndisk0"); // of 512 bytes
    expect(await right.run("ls /sys/block")).not.toContain("vda");

    const addresses = new Map(lab.facts("machine.ready").map(({ machine, address }) => [machine, address]));
    expect(addresses.get("left")).toBe("10.69.0.10"); // reserved
    expect(addresses.get("right")).toMatch(/^10\.69\.0\.(?:1\d\d|200)$/); // from the pool
    expect(await left.run(`ping -c 1 ${addresses.get("right")}`)).toContain("1 packets received");
    expect(await left.run("nslookup right")).toContain(addresses.get("right"));
  },
);
