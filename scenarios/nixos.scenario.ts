import { describe, expect } from "vitest";
import type { Site } from "../src/site/schema.ts";
import { scenario } from "../src/test/scenario.ts";

type SiteMachine = Site["machines"][number];

/** One machine of the site, changed. */
const withMachine = (name: string, change: Partial<SiteMachine>) => (site: Site) => ({
  ...site,
  machines: site.machines.map((machine) => (machine.name === name ? { ...machine, ...change } : machine)),
});

describe("the stand-in for NixOS boots as NixOS does", () => {
  scenario.for([
    ["old", "bios-pxe", "25.11", ["<<< NixOS Stage 1 >>>", "<<< NixOS Stage 2 >>>", "starting systemd..."]],
    ["new", "uefi-pxe", "26.05", ["Mounting /sysroot...", "Reached target Switch Root.", "Welcome to NixOS"]],
  ] as const)("%s by %s: NixOS %s, to a login in memory", async ([name, lane, release, shows], { lab }) => {
    await lab.netboot("nixos");
    const machine = await lab.machine(name, { lane });

    await lab.step("it is switched on", () => machine.powerOn());
    await lab.step("its user is logged in", () => lab.isUp(machine));
    await lab.step("there is a shell", () => machine.sees(/\[nixos@nixos:~\]\$ $/, "20s"));

    const { text } = machine.console;
    const places = shows.map((line) => text.indexOf(line));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(text).toContain("this has the shape of NixOS and is not NixOS");

    const words = (await machine.run("cat /proc/cmdline")).split(" ");
    const [init = "", ...more] = words.filter((word) => word.startsWith("init="));
    expect(more).toEqual([]);
    // What runs is what was named: process 1 came out of the store that the initrd's second half holds.
    expect(await machine.run("readlink /run/booted-system")).toBe(
      init.slice("init=".length, -"/init".length),
    );
    expect(await machine.run("cat /run/current-system/nixos-version")).toBe(`${release}.dryboot-standin`);
    expect(await machine.run("grep -c ' /nix/store overlay ' /proc/mounts")).toBe("1");
    expect(await machine.run("grep -c ' /nix/.ro-store squashfs ' /proc/mounts")).toBe("1");

    // It asks for its address in userland, while it starts its services or later: anywhere among these.
    const phases = lab.phases(machine).flatMap(({ phase }) => (phase === "network" ? [] : phase));
    expect(phases.slice(phases.indexOf("initramfs"))).toEqual(["initramfs", "root", "services", "ready"]);

    // Nothing but the two files: the store came with the initrd.
    const fetched = lab.facts("http.sent").map(({ path }) => path.replace(/^images\/[^/]+\//, ""));
    expect(fetched.filter((path) => !path.startsWith("boot.ipxe"))).toEqual(["bzImage", "initrd"]);
  });
});

describe("what goes wrong with NixOS is recognised by its name", () => {
  scenario("an initrd without its store, and the question that follows", async ({ lab }) => {
    await lab.netboot("nixos", withMachine("old", { commandLine: "dryboot.fault=no-store" }));
    const machine = await lab.machine("old", { lane: "bios-pxe" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_NIXOS_STORE_MISSING",
      message: expect.stringMatching(/mount: .*nix-store\.squashfs/),
      where: expect.stringMatching(/^phase initramfs, /),
    });
    // A person who answers "ignore it" only meets the next thing that is not there.
    await machine.sees(/ignore the error and continue/, "10s", {
      ignore: ["nixos-store-missing", "nixos-stage-1"],
    });
    machine.types("x");
    await expect(
      machine.sees(/never to be seen/, "20s", { ignore: ["nixos-store-missing", "nixos-stage-1"] }),
    ).rejects.toMatchObject({ code: "BOOT_NIXOS_INIT_MISSING" });
  });

  scenario("an `init=` of another build", async ({ lab }) => {
    await lab.netboot("nixos", withMachine("new", { commandLine: "dryboot.fault=other-init" }));
    const machine = await lab.machine("new", { lane: "bios-pxe" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_NIXOS_INIT_MISSING",
      message: expect.stringMatching(/Failed to canonicalize .*-of-another-build\/init/),
      hint: expect.stringContaining("belong to one build"),
    });
  });

  scenario("a machine with too little memory", async ({ lab }) => {
    await lab.netboot("nixos", withMachine("old", { memory: "72M" }));
    const machine = await lab.machine("old", { lane: "bios-pxe" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_OUT_OF_MEMORY",
      hint: expect.stringContaining("more memory"),
    });
  });
});
