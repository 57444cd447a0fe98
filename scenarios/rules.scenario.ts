import { describe, expect } from "vitest";
import { scenario } from "../src/test/scenario.ts";

/** Texts as vendors write them, with all that means something in an address or a script. */
const smbios = {
  manufacturer: "Foo & Bar, Inc. #1",
  serial: "SN=1%20?x+y;||$" + "{mac}",
  asset: "r1/u2",
};

describe("a machine that is known only by what its firmware says", () => {
  scenario.for(["bios-pxe", "uefi-pxe"] as const)(
    "boots over %s what the rule for it says",
    async (lane, { lab, skip }) => {
      const why = await lab.whyNot(lane);
      skip(why !== undefined, why);
      await lab.netboot("quickstart", (site) => ({
        ...site,
        machines: site.machines.map((machine) => ({ ...machine, image: undefined, smbios })),
        rules: [
          {
            when: { manufacturer: "foo & bar*" },
            set: { image: "rescue", commandLine: "by=maker asset={asset}" },
          },
          { when: { serial: smbios.serial, asset: smbios.asset }, set: { variables: { who: "one" } } },
          { when: { product: "another" }, set: { commandLine: "by=product" } },
        ],
        defaults: { variables: { who: "all" }, commandLine: "who={var.who}" },
      }));
      const machine = await lab.machine("node1", { lane });
      await machine.powerOn();
      await lab.isUp(machine);
      await machine.logIn("root");

      const commandLine = await machine.run("cat /proc/cmdline");
      expect(commandLine).toContain(" who=one by=maker asset=r1%2Fu2");
      expect(commandLine).not.toContain("by=product");
      const scripts = lab.facts("http.requested").filter(({ path }) => path === "boot.ipxe");
      expect(scripts.map(({ query = "" }) => query.includes("&serial="))).toEqual([false, true]);
    },
  );
});
