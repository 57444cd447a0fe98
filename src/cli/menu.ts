import * as z from "zod";
import type { BootClient } from "../boot/effective-settings.ts";
import { menuView } from "../boot/menu-view.ts";
import { planFor } from "../boot/plan.ts";
import { clientOfScript } from "../boot/script-address.ts";
import { DrybootError } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";
import { jsonLine } from "../core/printable.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import type { InspectedSite } from "./inspected-site.ts";
import { inspectSite } from "./inspected-site.ts";
import { menuText } from "./menu-text.ts";
import { updateServer } from "./menu-update.ts";
import { stateFlag } from "./state-flag.ts";

/** Locally administered: no card has it, so no site names it. */
const stranger = "02:00:00:00:00:01";

export const menu = command({
  name: "menu",
  summary: "Show the boot menu of a site as one of its machines sees it, or have a server make it anew",
  details:
    "  dryboot menu preview lab-menu\n" +
    "  dryboot menu preview site.ts --machine node1\n" +
    "  dryboot menu update site.ts\n\n" +
    "Drawn from what the script is printed from: hotkeys, the line that is taken by itself, and what cannot be chosen and\n" +
    "why. Without --machine it is what a machine sees that the site does not name.\n" +
    "A menu is no file: it is made from the site and the store for each machine that asks. `update` has the running\n" +
    "`dryboot serve` of the site read both again, so that images built meanwhile can be chosen, and shows what comes of it.\n" +
    "Exit codes: 0 shown, 1 the machine gets no menu or the server kept its old site, 2 wrong usage or no valid site.",
  positionals: [
    { name: "ACTION", describe: "`preview` or `update`" },
    { name: "SITE", describe: "A folder in lab/, or the path of a site file" },
  ],
  flags: z.strictObject({
    machine: z.string().optional().describe("Machine of the site that looks").meta({ placeholder: "NAME" }),
    json: z.boolean().default(false).describe("Print the menu as one JSON object and nothing else"),
    state: stateFlag,
  }),
  async run({ flags, args }, terminal, signal) {
    if (args.ACTION !== "preview" && args.ACTION !== "update") {
      throw usageError(
        `\`${args.ACTION}\` is no action of menu`,
        "dryboot menu",
        "type `dryboot menu preview SITE` or `dryboot menu update SITE`",
      );
    }
    const inspected = await inspectSite(args.SITE, signal);
    const { view, taken } = viewOf(inspected, flags.machine);
    const lines = flags.json
      ? [jsonLine({ ...shownAsJson(view), taken })]
      : [...menuText(view), ...taken.flatMap((sentence) => ["", sentence])];
    for (const line of lines) terminal.out(line);
    if (args.ACTION === "preview") return 0;
    return await updateServer(inspected.loaded.file, flags.state, terminal, signal);
  },
});

function viewOf({ resolved, images, loaded }: InspectedSite, name: string | undefined) {
  const { boot } = resolved;
  if (boot.menu === undefined) {
    throw new DrybootError(`the site ${resolved.name} has no menu`, {
      code: "MENU_ABSENT",
      where: loaded.file,
      hint: "give it a `menu`: docs/menus.md",
    });
  }
  const machine = boot.machines.find((each) => each.name === name);
  if (name !== undefined && machine === undefined) {
    const names = boot.machines.map((each) => each.name);
    throw new DrybootError(`the site ${resolved.name} has no machine \`${name}\``, {
      code: "MACHINE_UNKNOWN",
      where: loaded.file,
      hint: suggest(name, names),
      exitCode: 2,
    });
  }
  const query = new URLSearchParams({ mac: machine?.mac ?? stranger });
  if (machine?.uuid !== undefined) query.set("uuid", machine.uuid);
  const client = clientOfScript(query);
  const asked = client && planFor(client, boot);
  // What only firmware can say is taken from the machine's stand-in in the lab.
  const wanted = asked?.step === "script" ? (asked.ask ?? []) : [];
  const says: BootClient["facts"] = resolved.machines.find((each) => each.name === name)?.smbios ?? {};
  const facts = Object.fromEntries(wanted.map((fact) => [fact, says[fact] ?? ""]));
  const plan = client && wanted.length > 0 ? planFor({ ...client, facts }, boot) : asked;
  if (plan?.step !== "script") {
    throw new DrybootError(`${name ?? "this machine"} gets no menu: ${plan?.reason ?? "it has no MAC"}`, {
      code: "MENU_ABSENT",
      where: loaded.file,
      hint: `\`dryboot explain\` says what it is answered`,
    });
  }
  const taken = wanted.map((fact) =>
    says[fact] === undefined
      ? `Rules ask for its ${fact}: shown for firmware that names none.`
      : `Rules ask for its ${fact}: shown for "${says[fact]}", as the lab's machine says it.`,
  );
  return { view: menuView(plan, boot.menu, boot, images), taken };
}

/** What programs are told: the lines, without the plans behind them. */
function shownAsJson({ title, timeoutMs, pages, choices, preselected }: ReturnType<typeof menuView>) {
  return {
    title,
    timeoutMs,
    preselected,
    pages: pages.map((page) => ({
      ...page,
      rows: page.rows.map((row) => (row.row === "item" ? { ...row, does: row.does.do } : row)),
    })),
    choices: choices.map(({ name, title, options, custom, begins }) => ({
      name,
      title,
      options: options.map(({ value, text }) => ({ value, text })),
      custom: custom !== undefined,
      begins: begins.text,
    })),
  };
}
