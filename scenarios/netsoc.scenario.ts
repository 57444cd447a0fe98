import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { projectFolder } from "../src/core/folders.ts";
import type { LaneName } from "../src/lab/lanes.ts";
import type { Machine } from "../src/lab/machine.ts";
import type { Place, Seat } from "../src/lab/seat.ts";
import { places } from "../src/lab/seat.ts";
import type { ScenarioLab } from "../src/test/scenario.ts";
import { scenario } from "../src/test/scenario.ts";

const releases = ["1.0.0", "1.21.1", "2.0.0"] as const;
const lanes = ["bios-pxe", "uefi-pxe"] as const satisfies LaneName[];

/** What one item did on one iPXE and one firmware. */
interface Outcome {
  item: string;
  ipxe: (typeof releases)[number];
  lane: (typeof lanes)[number];
  place: Place;
  says: string;
}
const outcomes: Outcome[] = [];

/** What a machine shows that is told to do what cannot be, or left without a kernel. */
const expected = {
  ignore: [
    "ipxe-error",
    "script-failed",
    "guest-reset",
    "guest-shutdown",
    "no-bootable-device",
    "uefi-shell",
  ],
};

/** Walks the menu of one machine, item by item, each from one seat or the other. */
class Walk {
  readonly machine: Machine;
  readonly #lab: ScenarioLab;
  readonly #about: Pick<Outcome, "ipxe" | "lane">;
  #turn: number;

  constructor(lab: ScenarioLab, machine: Machine, about: Pick<Outcome, "ipxe" | "lane">) {
    this.#lab = lab;
    this.machine = machine;
    this.#about = about;
    // What one walk does from one seat, the next does from the other.
    this.#turn = lanes.indexOf(about.lane) + releases.indexOf(about.ipxe);
  }

  /** One item of the matrix: done from the seat whose turn it is, timed, and kept for the table. */
  async item(item: string, work: (seat: Seat) => Promise<unknown>): Promise<void> {
    const place = places[this.#turn++ % places.length] ?? "serial";
    const begin = performance.now();
    const outcome = { ...this.#about, item, place };
    try {
      const said = await this.#lab.step(`${item}, from ${place}`, () => work(this.machine.at(place)));
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      outcomes.push({ ...outcome, says: typeof said === "string" ? said : `ok ${seconds} s` });
    } catch (error) {
      outcomes.push({ ...outcome, says: "FAILED" });
      throw error;
    }
  }

  async modifiesCommandLine(seat: Seat): Promise<void> {
    await seat.types("l");
    await seat.selects(/Another one/);
    await seat.hits("enter");
    await seat.shows(/Enter takes it/, "10s");
    await seat.types(" netsoc.modified=1\n");
    await this.menu(seat, /Command line: modified/);
  }

  /** Waits for the menu as it should stand now. */
  async menu(seat: Seat, says: RegExp = /Switch off/, deadline = "90s"): Promise<void> {
    await seat.shows(new RegExp(`Netsoc network boot[\\s\\S]*${says.source}`), deadline, expected);
  }
}

describe("the menu of Netsoc's boot server, item by item", () => {
  afterAll(async () => {
    process.stdout.write(`\n${table()}`);
    await writeFile(join(projectFolder, "reports/scenarios/netsoc.txt"), table());
  });

  scenario.for(lanes.flatMap((lane) => releases.map((ipxe) => ({ lane, ipxe }))))(
    "iPXE $ipxe by $lane",
    { timeout: 600_000 },
    async ({ lane, ipxe }, { lab }) => {
      const netboot = await lab.netboot("netsoc", (site) => ({
        ...site,
        loaders: { ...site.loaders, ipxe },
        menu: { ...site.menu, timeout: "never" }, // nobody is hurried; five seconds are another scenario
      }));
      const machine = await lab.machine("shoe", { lane });
      const walk = new Walk(lab, machine, { lane, ipxe });
      const restart = () => comesUp(machine, lane, ipxe);

      await machine.powerOn();
      await walk.item("menu", async (seat) => {
        await restart();
        await walk.menu(seat, /Console: ttyS0, the first serial line/);
        // Seconds are counted down where nobody is waited for.
        await lab.looksLike(machine, `netsoc.${lane}`, [/ +\(\d\)/]);
      });
      for (const flavor of ["lts", "virt"]) {
        await walk.item(`flavor ${flavor}`, async (seat) => {
          await seat.types("f");
          await seat.selects(rowWith(`${flavor}, for`));
          await seat.hits("enter");
          await walk.menu(seat, new RegExp(`Flavour: ${flavor}, for`));
        });
      }
      for (const console of ["tty0", "ttyS1", "ttyAMA0"]) {
        await walk.item(`console ${console}`, async (seat) => {
          await seat.types("c");
          await seat.selects(rowWith(`${console}, the`));
          await seat.hits("enter");
          await walk.menu(seat, new RegExp(`Console: ${console}, the`));
        });
      }
      await walk.item("console custom", async (seat) => {
        await seat.types("c");
        await seat.selects(/Another one, such as ttyUSB0/);
        await seat.hits("enter");
        await seat.shows(/Enter takes it/, "10s");
        await erase(seat, "ttyAMA0,115200".length);
        await seat.types("ttyUSB0\n");
        await walk.menu(seat, /Console: ttyUSB0/);
      });
      await walk.item("console ttyS0", async (seat) => {
        await seat.types("c");
        await seat.selects(rowWith("ttyS0, the"));
        await seat.hits("enter");
        await walk.menu(seat, /Console: ttyS0, the/);
      });
      await walk.item("command line default", async (seat) => {
        await seat.types("l");
        await seat.selects(rowWith("default"));
        await seat.hits("enter");
        await walk.menu(seat, /Command line: default/);
      });
      await walk.item("shell", async (seat) => {
        await seat.types("s");
        await seat.shows(/iPXE>$/, "10s");
        await seat.types("exit\n");
        await walk.menu(seat);
      });
      await walk.item("boot that fails", async (seat) => {
        using _kernel = netboot.withdraw("images/virt/vmlinuz");
        await seat.types("b");
        await seat.shows(/boot failed: could not fetch kernel/, "20s", expected);
        await walk.menu(seat);
      });
      await walk.item("reboot", async (seat) => {
        const before = events(lab, "RESET");
        await seat.types("r");
        await machine.reaches("a reset", () => events(lab, "RESET") > before || undefined, "20s", expected);
        await restart();
        // What was set is forgotten: it was this boot's.
        await walk.menu(seat, /Console: ttyS0, the[\s\S]*Command line: default/);
      });
      await walk.item("command line modified", (seat) => walk.modifiesCommandLine(seat));
      await walk.item("boot", async (seat) => {
        await seat.types("b");
        await machine.sees(/login: $/, "120s", expected);
        await machine.logIn("root");
        const commandLine = await machine.run("cat /proc/cmdline");
        for (const word of [
          ...["modules=loop,squashfs", "ip=dhcp", "BOOTIF=01-52-54-00-69-04-0a", "console=ttyS0,115200"],
          ...["alpine_repo=http://10.69.0.1/alpine/v3.19/main", "netsoc.modified=1"],
          "apkovl=http://10.69.0.1/overlays/52:54:00:69:04:0a.apkovl.tar.gz",
          "ssh_key=http://10.69.0.1/overlays/authorized_keys",
          "modloop=http://10.69.0.1/alpine/v3.19/modloop-virt",
        ]) {
          expect(commandLine.split(" ")).toContain(word);
        }
      });
      await walk.item("exit", async (seat) => {
        await reset(machine, lab);
        await restart();
        await walk.menu(seat);
        await seat.types("x");
        await seat.shows(afterExit[lane], "60s", expected);
      });
      await walk.item("poweroff", async (seat) => {
        await reset(machine, lab);
        await restart();
        await walk.menu(seat);
        await seat.types("p");
        return await switchedOff(seat, machine, lab);
      });
      expect(lab.whatRan(machine).clients).toContainEqual(expect.objectContaining({ isIpxe: true }));
    },
  );
});

describe("Netsoc's boot server, when nobody is there", () => {
  scenario.for(lanes)(
    "boots what QEMU's machines should after five seconds, by %s",
    async (lane, { lab }) => {
      await lab.netboot("netsoc");
      const machine = await lab.machine("shoe", { lane });
      await machine.powerOn();
      await machine.screenShows(/Netsoc network boot[\s\S]*Boot Alpine +\([0-5]\)/, "90s");
      await machine.sees(/login: $/, "120s");
      await machine.logIn("root");
      const commandLine = await machine.run("cat /proc/cmdline");
      expect(commandLine).toMatch(/ modloop=\S+\/modloop-virt console=ttyS0,115200$/);
    },
  );

  scenario("another machine is offered the flavour and the console of hardware", async ({ lab }) => {
    await lab.netboot("netsoc");
    const machine = await lab.machine("boot", { lane: "bios-pxe" });
    await machine.powerOn();
    const { rows } = await machine.screenShows(/Switch off/, "60s");
    const text = rows.join("\n");
    expect(text).toContain("Flavour: lts, for hardware");
    expect(text).toContain("Console: tty0, the screen");
  });
});

/** Where a firmware goes on to when there is nothing else to boot from. */
const afterExit = {
  "bios-pxe": /No bootable device|Booting from|Boot failed/,
  "uefi-pxe": /Shell>|UEFI Interactive Shell|Boot Manager|BdsDxe|No bootable option/,
} as const;

/** Waits until the machine has begun anew; `sees` looks behind what was seen before. */
async function comesUp(machine: Machine, lane: string, ipxe: string): Promise<void> {
  const began = lane === "bios-pxe" ? /iPXE initialising devices/ : />>Start PXE over IPv4/;
  await machine.sees(began, "90s", expected);
  if (lane !== "bios-pxe" || ipxe === "1.0.0") return;
  // A BIOS machine's own iPXE is 1.0.0: another release is loaded by it, as by a ROM that is not ours.
  const seat = machine.at("serial");
  await machine.sees(/Press Ctrl-B for/, "30s", expected);
  await seat.types("\x02");
  await machine.sees(/iPXE> $/, "20s", expected);
  await seat.types("dhcp && chain http://10.69.0.1/ipxe.pxe\n");
  await machine.sees(new RegExp(`iPXE ${ipxe.replaceAll(".", "\\.")}`), "60s", expected);
}

/** A choice's own page: the menu before it says the same, but behind the choice's name. */
function rowWith(text: string): RegExp {
  return new RegExp(`^ +${text}`);
}

async function reset(machine: Machine, lab: ScenarioLab): Promise<void> {
  const before = events(lab, "RESET");
  await machine.query("system_reset");
  await machine.reaches("a reset", () => events(lab, "RESET") > before || undefined, "20s", expected);
}

function events(lab: ScenarioLab, name: string): number {
  return lab.facts("vm.event").filter(({ event }) => event === name).length;
}

async function erase(seat: Seat, characters: number): Promise<void> {
  for (let count = 0; count < characters; count++) await seat.hits("backspace");
}

/** Not every iPXE can: then it says so and comes back to the menu. */
async function switchedOff(seat: Seat, machine: Machine, lab: ScenarioLab): Promise<string | undefined> {
  const off = () => (events(lab, "SHUTDOWN") > 0 ? "off" : undefined);
  const cannot = () =>
    /boot failed: could not switch off/.test(machine.console.text) ? "cannot" : undefined;
  const ended = await machine.reaches("it is off, or says why not", () => off() ?? cannot(), "30s", expected);
  if (ended === "off") return undefined;
  await seat.shows(/Netsoc network boot[\s\S]*Switch off/, "20s", expected);
  return "says it cannot";
}

/** Release and firmware across, items down. */
function table(): string {
  const columns = lanes.flatMap((lane) => releases.map((ipxe) => ({ lane, ipxe })));
  const items = [...new Set(outcomes.map(({ item }) => item))];
  const cell = (item: string, { lane, ipxe }: (typeof columns)[number]) => {
    const found = outcomes.find((each) => each.item === item && each.lane === lane && each.ipxe === ipxe);
    return found ? `${found.says} (${found.place})` : "not tried";
  };
  const head = ["item", ...columns.map(({ lane, ipxe }) => `iPXE ${ipxe}, ${lane}`)];
  const rows = [head, ...items.map((item) => [item, ...columns.map((column) => cell(item, column))])];
  const widths = head.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  return rows.map((row) => `${row.map((text, at) => text.padEnd(widths[at] ?? 0)).join("  ")}\n`).join("");
}
