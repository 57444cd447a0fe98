import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { images, menu, planOf, site } from "../boot/menu.fixture.ts";
import { menuView } from "../boot/menu-view.ts";
import { menu as menuCommand } from "./menu.ts";
import { menuText } from "./menu-text.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const preview = (name: string, changed: Partial<typeof menu> = {}) =>
  menuText(menuView(planOf(name), { ...menu, ...changed }, site, images))
    .map(stripVTControlCharacters)
    .join("\n");

test("a menu's preview shows keys, the line that is taken, and what cannot be chosen", () => {
  expect(preview("node1")).toMatchInlineSnapshot(`
    "                                      Lab

          Systems
    >  n  A node
       r  Rescue
          (Not built: image gone is not in the store)
          Settings
       f  Flavor: for virtual machines
       c  Console: serial
       m  More
       x  Next boot device

    Left alone, it takes the line marked > after 5.00 s.

                                          More

       s  iPXE's shell
          Boot by address
          Disk
          Restart
          Switch off
          Trouble

                                      Which kernel
      {choice.flavor}
    >  for virtual machines  virt
       for everything        lts

                                     Which console
      {choice.console}
       screen                               tty0
    >  serial                               ttyS0,115200
       Another one, such as ttyUSB0,115200  typed"
  `);
});

test("a machine with an image of its own is taken there, and a patient menu says that it waits", () => {
  expect(preview("saved")).toContain(">  r  Rescue\n");
  const { timeoutMs: _, ...patient } = menu;
  const shown = menuText(menuView(planOf("node1"), patient, site, images)).map(stripVTControlCharacters);
  expect(shown).toContain("Left alone, it waits.");
});

test("what does not fit a line of iPXE's menu is cut where iPXE cuts it", () => {
  const text = "x".repeat(79);
  expect(preview("node1", { entries: [{ kind: "action", name: "exit", text, action: "exit" }] })).toContain(
    `${"x".repeat(76)} (cut here)\n`,
  );
});

test.each([
  [["--machine", "shoe"], "Flavour: virt", '"QEMU", as the lab'],
  [["--machine", "boot"], "Flavour: lts", '"dryboot", as the lab'],
  [[], "Flavour: lts", "firmware that names none"],
])(
  "a menu whose rules ask for a manufacturer is shown for the one that %j stands for",
  async (flags, flavor, taken) => {
    const terminal = recordingTerminal();
    await menuCommand.main(["preview", "lab/netsoc", ...flags], terminal, new AbortController().signal);
    const shown = terminal.stdout.map(stripVTControlCharacters).join("\n");
    expect(shown).toContain(flavor);
    expect(shown).toContain(taken);
  },
);
