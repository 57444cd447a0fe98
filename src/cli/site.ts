import { readFile } from "node:fs/promises";
import * as z from "zod";
import { settingsOfMachine } from "../boot/effective-settings.ts";
import { shownSettings } from "../boot/explain-settings.ts";
import { DrybootError } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";
import { importedSite } from "../site/import.ts";
import { loadSite } from "../site/load.ts";
import { siteError } from "../site/mistake.ts";
import { printSite, siteFormats } from "../site/print.ts";
import { resolveSite } from "../site/resolve.ts";
import { siteSchema } from "../site/schema.ts";
import { parseSiteText } from "../site/text.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

const actions = ["show", "schema", "import"] as const;

export const site = command({
  name: "site",
  summary:
    "Show a site as it is read, print the schema of site files, or make one from another server's list",
  details:
    "  dryboot site show SITE                  all of it, defaults filled in, as YAML\n" +
    "  dryboot site show SITE --machine NAME   what is said to one machine, and by which place of the file\n" +
    "  dryboot site schema                     JSON Schema, for editors\n" +
    '  dryboot site import FILE                the site of {"netboot": {"server", "targets": [{name, mac, ip, config}]}}\n\n' +
    "Exit codes: 0 done, 2 wrong usage, or a file with mistakes.",
  positionals: [
    { name: "ACTION", describe: actions.join(", ") },
    {
      name: "SITE",
      describe: "A folder in lab/, or the path of a site file; for import, the list",
      optional: true,
    },
  ],
  flags: z.strictObject({
    machine: z.string().optional().describe("Show this machine alone").meta({ placeholder: "NAME" }),
    format: z.enum(siteFormats).default("yaml").describe("How to print a site"),
    json: z.boolean().default(false).describe("The same as --format json"),
  }),
  async run({ flags, args }, terminal) {
    const action = actions.find((each) => each === args.ACTION);
    if (action === undefined)
      throw usageError(`there is no \`${args.ACTION}\``, "dryboot site", suggest(args.ACTION, actions));
    if (action === "schema") {
      terminal.out(JSON.stringify(z.toJSONSchema(siteSchema, { io: "input" }), undefined, 2));
      return 0;
    }
    const { SITE: file } = args;
    if (file === undefined)
      throw usageError("SITE is missing", `dryboot site ${action}`, "see `dryboot site --help`");
    const format = flags.json ? "json" : flags.format;
    if (action === "import") return await importList(file, format, terminal);
    const { site: loaded } = await loadSite(file);
    if (flags.machine !== undefined) return showMachine(loaded, flags.machine, flags.json, terminal);
    terminal.out(printSite(loaded, format).trimEnd());
    return 0;
  },
});

function showMachine(
  loaded: Parameters<typeof resolveSite>[0],
  name: string,
  json: boolean,
  terminal: Terminal,
): number {
  const { boot, machines } = resolveSite(loaded);
  const machine = boot.machines.find((each) => each.name === name);
  if (!machine) {
    const names = boot.machines.map((each) => each.name);
    throw usageError(`the site has no machine \`${name}\``, `--machine ${name}`, suggest(name, names));
  }
  const settings = shownSettings(settingsOfMachine(machine, boot));
  if (json) {
    terminal.out(JSON.stringify({ ...machines.find((each) => each.name === name), settings }));
    return 0;
  }
  const { mac, ip = "one of the range", uuid = "not said" } = machine;
  const rows = [
    ["mac", mac, ""],
    ["ip", ip, ""],
    ["uuid", uuid, ""],
    ...settings.map(({ setting, value, from }) => [setting, value, from]),
  ];
  for (const line of table([["WHAT", "IS", "GIVEN BY"], ...rows], { width: terminal.columns }))
    terminal.out(line);
  return 0;
}

async function importList(
  file: string,
  format: (typeof siteFormats)[number],
  terminal: Terminal,
): Promise<number> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new DrybootError("the list cannot be read", {
      code: "SITE_UNREADABLE",
      where: file,
      hint: "check that it is a file and that this user may read it",
      exitCode: 2,
      cause,
    });
  });
  const { value, placeOf } = parseSiteText(text, "json", file);
  const imported = importedSite(value);
  if ("mistakes" in imported) throw siteError(file, imported.mistakes, placeOf);
  terminal.out(printSite(imported.site, format).trimEnd());
  const names = Object.keys(imported.site.images ?? {}).join(", ");
  terminal.err(
    `note: the list does not say what its configurations are: write a recipe for ${names} in \`images\``,
  );
  return 0;
}
