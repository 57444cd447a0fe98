import { expect } from "vitest";
import type { LaneName } from "../src/lab/lanes.ts";
import { codePage437 } from "../src/lab/screen/code-page-437.ts";
import { selectedRow } from "../src/lab/screen/screen.ts";
import { places } from "../src/lab/seat.ts";
import { scenario } from "../src/test/scenario.ts";

/** A menu as iPXE draws it; typed by hand, because what our own menus say is another matter. */
const menu = [
  "menu Two ways to choose",
  "item --gap -- Systems",
  "item rescue Rescue",
  "item memtest Memory test",
  "item --gap -- Others",
  "item shell Shell",
  "item off Power off",
  "choose --timeout 600000 item",
];

const lanes = [
  ["bios-pxe", "720 x 400"],
  ["uefi-pxe", "1280 x 800"],
] as const satisfies readonly [LaneName, string][];

scenario.for(lanes)(
  "a menu is read and walked through over serial and on the screen, by %s",
  async ([lane, size], { lab }) => {
    await lab.netboot("quickstart");
    const machine = await lab.machine("node1", { lane });
    const serial = machine.at("serial");
    await lab.step("it is switched on", () => machine.powerOn());
    await lab.step("its screen offers iPXE's command line", () => machine.screenShows(/Press Ctrl-B/, "90s"));
    await machine.presses("\x02");
    await machine.screenShows(/iPXE>$/, "20s");

    for (const place of places) {
      const seat = machine.at(place);
      await lab.step(`the menu is there, for ${place}`, async () => {
        for (const line of menu) {
          await serial.types(`${line}\n`);
          if (!line.startsWith("choose")) await serial.shows(new RegExp(`${line}\\n+iPXE> *$`), "10s");
        }
        await seat.shows(/Two ways to choose/, "10s");
      });
      await lab.step(`its bar goes down and up again, by the keys of ${place}`, async () => {
        await seat.selects(/Power off/);
        await seat.selects(/Memory test/);
      });
      // Both consoles show the same, and both tell the bar from the rest by its colour.
      for (const other of places) {
        const screen = await machine.at(other).shows(/Power off/, "10s");
        expect(selectedRow(screen)?.text).toBe("Memory test");
        expect(screen.rows.map((row) => row.trim()).filter((row) => row !== "")).toEqual([
          ...["Two ways to choose", "Systems", "Rescue", expect.stringMatching(/^Memory test/)],
          ...["Others", "Shell", "Power off"],
        ]);
      }
      const reference = `typed-menu.${lane}`;
      await lab.looksLike(machine, reference);
      if (place === "display") {
        await lab.step("a screen that differs is shown, beside what it should be", async () => {
          await seat.selects(/Rescue/);
          await expect(lab.looksLike(machine, reference)).rejects.toMatchObject({
            code: "SCREEN_DIFFERS",
            evidence: ["expected", "actual", "difference"].map((what) =>
              expect.stringMatching(new RegExp(`^${what}: /.*/${reference}\\.${what}\\.png$`)),
            ),
          });
        });
      }
      await seat.types("\x03");
      await lab.step(`Ctrl-C at ${place} ends it`, () => seat.shows(/iPXE>$/, "10s"));
    }

    // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE's own setting, which it fills in
    await machine.presses("echo ${buildarch}\n");
    const said = await machine.screenShows(/echo \$\{buildarch\}\n\w+\n/, "10s");
    if (lane === "bios-pxe") expect(said.rows).toEqual(videoMemory(await machine.memory(0xb8000, 4000)));
    expect(said.rows.join("")).not.toContain("\uFFFD");
    expect(lab.facts("screen.changed").at(-1)).toMatchObject({ text: expect.stringMatching(/iPXE>/) });
    const { width, height } = lab.facts("screen.changed").at(-1) ?? {};
    expect(`${width} x ${height}`).toBe(size);
  },
);

/** The text of a PC's screen as its own video memory has it: 80 characters a row, each with a byte of colours. */
function videoMemory(bytes: Buffer): string[] {
  return Array.from({ length: 25 }, (_, row) =>
    Array.from({ length: 80 }, (_, column) => codePage437[bytes.readUInt8((row * 80 + column) * 2)])
      .join("")
      .trimEnd(),
  );
}
