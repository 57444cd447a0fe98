import { expect } from "vitest";
import { textOf } from "../src/lab/screen/screen.ts";
import { scenario } from "../src/test/scenario.ts";

scenario.for(["bios-pxe", "uefi-pxe"] as const)(
  "Debian's installer reaches its first question by %s",
  async (lane, { lab }) => {
    await lab.netboot("debian-installer");
    const machine = await lab.machine("target", { lane });

    await lab.step("it is switched on", () => machine.powerOn());
    await lab.step("it asks for a mirror", () => lab.isUp(machine, "240s"));
    await lab.step("it waits for an answer", () =>
      machine.sees(/Prompt: '\?' for help, default=\d+>/, "30s"),
    );

    // The preseed file came from us, over the network that the installer configured by itself.
    expect(lab.facts("http.sent")).toContainEqual(
      expect.objectContaining({ path: "images/installer/preseed.cfg", status: 200 }),
    );
    expect(textOf(await machine.console.screen())).toMatch(/\d+: United States/);
  },
);
