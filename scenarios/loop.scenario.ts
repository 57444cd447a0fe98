import { expect } from "vitest";
import { scenario } from "../src/test/scenario.ts";

/** What a machine shows whose kernel is missing, until somebody mends it. */
const expected = { ignore: ["ipxe-error", "script-failed", "guest-reset", "loop"] };

scenario("a machine that boots in circles is told why, and gets out once it is mended", async ({ lab }) => {
  const netboot = await lab.netboot("quickstart");
  const kernel = netboot.withdraw("images/rescue/vmlinuz");
  const machine = await lab.machine("node1", { lane: "bios-pxe" });

  await lab.step("twice it boots, finds no kernel and is reset", async () => {
    await machine.powerOn();
    for (const _ of [1, 2]) {
      await machine.sees(/boot failed: could not fetch kernel/, "30s", expected);
      await machine.query("system_reset");
    }
  });
  await lab.step("the third time it is told so, and what is wrong", async () => {
    await machine.sees(/goes round in circles: node1/, "30s", expected);
    await machine.sees(/HTTP 404 for images\/rescue\/vmlinuz/, "10s", expected);
    await machine.sees(/press s within/, "10s", expected);
  });
  expect(lab.facts("boot.looping")).toMatchObject([
    { mac: "52:54:00:69:00:0a", what: "script", times: 3, problem: expect.stringContaining("404") },
  ]);

  kernel[Symbol.dispose]();
  await lab.step("mended, a key is enough", async () => {
    await machine.presses("t");
    await machine.sees(/press any key/, "10s", expected);
    await machine.presses("t");
    await machine.sees(/login: /, "60s", expected);
  });
  expect(lab.facts("boot.looping")).toHaveLength(1);
  expect(lab.facts("machine.ready")).toHaveLength(1);
});
