import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished } from "vitest";
import { scenario } from "../src/test/scenario.ts";

/** What a machine shows whose kernel is missing, until somebody mends it. */
const expected = { ignore: ["ipxe-error", "script-failed"] };

describe("a site with a menu", () => {
  scenario("boots the machine's own image when nobody presses a key", async ({ lab }) => {
    await lab.netboot("menu");
    const machine = await lab.machine("node1", { lane: "bios-pxe" });
    await lab.step("it is switched on", () => machine.powerOn());
    await lab.step("it shows the menu", () => machine.sees(/Rescue system in memory/, "30s"));
    await lab.step("and boots by itself", () => lab.isUp(machine));
    await machine.logIn("root");
    expect(await machine.run("cat /proc/cmdline")).toMatch(/ console=ttyS0,115200 loglevel=4$/);
  });

  scenario("boots what a person picks and set, over the serial line", async ({ lab }) => {
    const root = await mkdtemp(join(tmpdir(), "dryboot-menu-"));
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFile(join(root, "hello.ipxe"), "#!ipxe\necho hello from an address\n");
    const netboot = await lab.netboot("menu", (site) => ({ ...site, tftp: { ...site.tftp, root } }));
    const kernel = netboot.withdraw("images/rescue/vmlinuz");
    const machine = await lab.machine("node2", { lane: "bios-pxe" });
    await machine.powerOn();

    await lab.step("what is not in the store is greyed, and says so", () =>
      machine.sees(/\(Memory test: image memtest is not in the store\)/, "30s"),
    );
    await lab.step("a choice is made, and the menu shows it", async () => {
      await machine.sees(/Kernel messages: warnings and worse/, "30s");
      machine.types("l");
      await machine.sees(/all/, "10s");
      machine.types("\x1b[B\n"); // one down
      await machine.sees(/Kernel messages: all/, "10s");
    });
    await lab.step("what fails says why, and comes back to the menu", async () => {
      machine.types("v");
      await machine.sees(/dryboot: boot failed: could not fetch kernel/, "20s", expected);
      await machine.sees(/Back to the menu in 2 seconds/, "10s", expected);
      await machine.sees(/The same, saying all it does/, "20s", expected);
    });
    await lab.step("a script is booted by its address, and the menu comes back behind it", async () => {
      machine.types("m");
      await machine.sees(/Boot by address/, "10s", expected);
      machine.types("u");
      await machine.sees(/Enter fetches/, "10s", expected);
      await machine.at("serial").types("http://10.69.0.1/hello.ipxe\n");
      await machine.sees(/hello from an address/, "10s", expected);
      await machine.sees(/Switch off/, "10s", expected);
      machine.types("\x1b"); // out of the submenu
      await machine.sees(/The same, saying all it does/, "20s", expected);
    });
    kernel[Symbol.dispose]();
    await lab.step("mended, the same key is enough", async () => {
      machine.types("v");
      await machine.sees(/login: /, "60s", expected);
    });
    await machine.logIn("root");
    expect(await machine.run("cat /proc/cmdline")).toMatch(/ console=ttyS0,115200 loglevel=7 debug$/);
  });
});
