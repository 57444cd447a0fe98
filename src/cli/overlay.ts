import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import * as z from "zod";
import { settingsOfMachine } from "../boot/effective-settings.ts";
import { writeDurably } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";
import { formatPath } from "../core/place.ts";
import { printable } from "../core/printable.ts";
import { formatSize } from "../core/units.ts";
import { diffOverlays } from "../images/overlays/diff-overlays.ts";
import { SiteOverlays } from "../images/overlays/machine-overlay.ts";
import type { OverlayTree } from "../images/overlays/overlay.ts";
import { secretsIn } from "../images/overlays/overlay.ts";
import { packOverlay } from "../images/overlays/pack-overlay.ts";
import { readArchive } from "../images/overlays/read-archive.ts";
import { SecretKeeper } from "../images/overlays/secret-keeper.ts";
import { SecretStore } from "../images/overlays/secret-store.ts";
import { loadSite } from "../site/load.ts";
import { resolveSite } from "../site/resolve.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import { secretAction } from "./overlay-secret.ts";
import type { ShownLayer } from "./overlay-text.ts";
import { differenceText, entryAsJson, overlayText } from "./overlay-text.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  site: string;
  output?: string | undefined;
  withSecrets: boolean;
  json: boolean;
}

type Action = (
  names: readonly string[],
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
) => Promise<number>;

const actions: Readonly<Record<string, Action>> = {
  show,
  diff,
  build,
  secret: (words, { json }, terminal, signal) =>
    secretAction(words, { store: new SecretStore(), terminal, signal, json }),
};

export const overlay = command({
  name: "overlay",
  summary: "Show, compare and build what is laid over the images of machines, and keep its secrets",
  details:
    "  show MACHINE            every file of its overlay, and the level of the site that it comes from\n" +
    "  diff A B                where two overlays differ: machines, or files such as backup.apkovl.tar.gz\n" +
    "  build MACHINE -o FILE   write it as Alpine's init fetches it\n" +
    "  secret init             make the identity that secrets are encrypted for\n" +
    "  secret set NAME         read one from standard input, for {secret.NAME} in templates\n" +
    "  secret list             their names\n" +
    "  secret remove NAME      forget it\n\n" +
    "What files hold is never shown. Secrets lie in $DRYBOOT_SECRETS, else among your settings; docs/overlays.md.\n" +
    "Exit codes: 0 done (`diff`: the same), 1 failed (`diff`: they differ), 2 wrong usage, or a mistake in an overlay.",
  positionals: [
    { name: "action", describe: "show, diff, build or secret" },
    { name: "names", describe: "Machines, or what the action needs", optional: true, many: true },
  ],
  flags: z.strictObject({
    site: z
      .string()
      .default(".")
      .describe("The site: a folder in lab/, or the path of a site file or its folder")
      .meta({ placeholder: "SITE" }),
    output: z
      .string()
      .optional()
      .describe("With `build`: the file to write")
      .meta({ placeholder: "FILE", short: "o" }),
    withSecrets: z
      .boolean()
      .default(false)
      .describe("With `build`: fill secrets in, and let nobody but you read the file"),
    json: z.boolean().default(false).describe("Print one JSON object per entry instead of a table"),
  }),
  async run({ flags, args }, terminal, signal) {
    const action = Object.hasOwn(actions, args.action) ? actions[args.action] : undefined;
    if (action === undefined) {
      const hint = suggest(args.action, Object.keys(actions));
      throw usageError(`there is no \`overlay ${args.action}\``, "dryboot overlay", hint);
    }
    return await action(args.names, flags, terminal, signal);
  },
});

async function show(names: readonly string[], { site, json }: Options, terminal: Terminal): Promise<number> {
  const [machine] = counted(names, "show", ["MACHINE"]);
  const { tree, layers, folder } = await overlayOf(machine, site);
  if (json) for (const entry of tree.values()) terminal.out(JSON.stringify(entryAsJson(entry)));
  else for (const line of overlayText(machine, tree, layers, folder)) terminal.out(line);
  return 0;
}

async function diff(names: readonly string[], { site, json }: Options, terminal: Terminal): Promise<number> {
  const [one, other] = counted(names, "diff", ["A", "B"]);
  const [first, second] = [await treeOf(one, site), await treeOf(other, site)];
  const differences = diffOverlays(first, second);
  if (json) for (const each of differences) terminal.out(JSON.stringify(each));
  else for (const line of differenceText(differences)) terminal.out(line);
  return differences.length === 0 ? 0 : 1;
}

async function build(names: readonly string[], options: Options, terminal: Terminal): Promise<number> {
  const [machine] = counted(names, "build", ["MACHINE"]);
  const { output, withSecrets, site } = options;
  if (output === undefined) {
    throw usageError(
      "`-o FILE` is missing",
      "dryboot overlay build",
      `write \`-o ${machine}.apkovl.tar.gz\``,
    );
  }
  const { tree } = await overlayOf(machine, site);
  const secrets = secretsIn(tree);
  if (secrets.length > 0 && !withSecrets) {
    throw new DrybootError(`the overlay of ${machine} holds secrets: ${secrets.join(", ")}`, {
      code: "OVERLAY_SECRET",
      where: output,
      hint: "they would lie in that file for everybody who has it: say --with-secrets if that is meant",
      exitCode: 2,
    });
  }
  const values = secrets.length > 0 ? await (await SecretKeeper.open()).values(secrets) : new Map();
  const bytes = await packOverlay(tree, values);
  await writeDurably(resolve(output), bytes, secrets.length > 0 ? 0o600 : 0o666);
  terminal.err(`${printable(output)}: ${tree.size} entries, ${formatSize(bytes.length)}`);
  return 0;
}

/** As many words as the action takes. */
function counted(names: readonly string[], action: string, wanted: readonly string[]): [string, string] {
  const where = "dryboot overlay";
  const usage = `write \`dryboot overlay ${[action, ...wanted].join(" ")}\``;
  const missing = wanted[names.length];
  if (missing !== undefined) throw usageError(`${missing} is missing`, where, usage);
  if (names.length > wanted.length)
    throw usageError(`\`${names[wanted.length]}\` is one word too many`, where, usage);
  const [first = "", second = ""] = names;
  return [first, second];
}

/** Of a machine by its name, or in a file. */
async function treeOf(name: string, site: string): Promise<OverlayTree> {
  if (!/[./]/.test(name)) return (await overlayOf(name, site)).tree;
  const bytes = await readFile(name).catch((cause: unknown) => {
    const hint = "name a file, or a machine of the site";
    throw new DrybootError("the overlay cannot be read", {
      ...{ code: "OVERLAY_UNREADABLE", where: name, hint, exitCode: 2, cause },
    });
  });
  return await readArchive(bytes, name);
}

async function overlayOf(
  name: string,
  nameOfSite: string,
): Promise<{ tree: OverlayTree; layers: ShownLayer[]; folder: string }> {
  const { site, folder, file } = await loadSite(nameOfSite);
  const { boot } = resolveSite(site);
  const machine = boot.machines.find((each) => each.name === name);
  if (machine === undefined) {
    throw new DrybootError(`the site ${site.name} has no machine \`${printable(name)}\``, {
      code: "MACHINE_UNKNOWN",
      where: file,
      hint: suggest(
        name,
        boot.machines.map((each) => each.name),
      ),
      exitCode: 2,
    });
  }
  const tree = await new SiteOverlays(boot).of(machine);
  if (tree === undefined) {
    throw new DrybootError(`${name} has no overlay`, {
      code: "OVERLAY_ABSENT",
      where: file,
      hint: "name a folder as `overlay` of the machine, a group of it or the defaults: docs/overlays.md",
    });
  }
  const { overlays } = settingsOfMachine(machine, boot);
  const layers = overlays.map(({ value, path }) => ({ name: formatPath(path.slice(0, -1)), folder: value }));
  return { tree, layers, folder };
}
