import { kill } from "node:process";
import { expect } from "vitest";
import { scenario } from "../src/test/scenario.ts";

scenario("a machine's keyboard types, and its console shows it as text and as a screen", async ({ lab }) => {
  await lab.netboot("quickstart");
  const machine = await lab.machine("node1", { lane: "bios-pxe" });
  await machine.powerOn();

  await lab.step("iPXE offers its command line", () => machine.sees(/Press Ctrl-B for the iPXE/, "30s"));
  await lab.step("Ctrl-B is pressed", () => machine.presses("\x02"));
  await lab.step("iPXE waits for a command", () => machine.sees(/iPXE> $/, "10s"));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE's own setting, which it fills in
  const command = "echo Typed on the keyboard: ${manufacturer}\n";
  await lab.step("a command is typed", () => machine.presses(command));
  await lab.step("iPXE prints it", () => machine.sees(/\nTyped on the keyboard: dryboot\n/, "10s"));
  await lab.step("iPXE waits for the next", () => machine.sees(/iPXE> $/, "10s"));

  const { rows } = await machine.console.screen();
  expect(rows).toContain("Typed on the keyboard: dryboot");
  expect(rows.findLast((row) => row !== "")).toMatch(/^iPXE>/);
});

scenario("a machine stops within eight seconds, even one whose QEMU hangs", async ({ lab }) => {
  await lab.netboot("two-machines");
  const left = await lab.machine("left", { lane: "bios-pxe" });
  const right = await lab.machine("right", { lane: "bios-pxe" });
  await Promise.all([left.powerOn(), right.powerOn()]);
  await left.sees(/iPXE initialising devices/, "30s");

  const pid = lab.facts("vm.started").find(({ machine }) => machine === "right")?.pid ?? 0;
  kill(pid, "SIGSTOP"); // answers nothing any more, not even SIGTERM
  const begin = performance.now();
  await Promise.all([left.stop(), right.stop()]);
  expect(performance.now() - begin).toBeLessThan(8000);

  expect(lab.facts("vm.exited").map(({ machine, signal }) => [machine, signal])).toEqual([
    ["left", null],
    ["right", "SIGKILL"],
  ]);
});
