import { resolve } from "node:path";
import * as z from "zod";
import { suggest } from "../core/nearest.ts";
import { diffStates } from "../images/state/diff-states.ts";
import { Histories } from "../images/state/histories.ts";
import type { History, Retention, Version } from "../images/state/history.ts";
import { currentOf, usualRetention } from "../images/state/history.ts";
import { importFolder } from "../images/state/import-folder.ts";
import { noSuchMachine, noSuchVersion } from "../images/state/state-failure.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { loadSite } from "../site/load.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import type { BackupOptions } from "./state-backup.ts";
import { backup, backupFlags } from "./state-backup.ts";
import { stateFlag } from "./state-flag.ts";
import { diffLines, machineRows, versionRows } from "./state-text.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends BackupOptions {
  json: boolean;
  state?: string | undefined;
  site?: string | undefined;
}

export interface World {
  histories: Histories;
  options: Options;
  terminal: Terminal;
}

type Action = (args: readonly string[], world: World) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  list,
  diff,
  restore,
  prune,
  revoke,
  import: take,
  backup,
};

export const state = command({
  name: "state",
  summary: "Look through what machines handed in of themselves, and say what they are handed when they boot",
  details:
    "  list [MACHINE]          machines, or the versions of one\n" +
    "  diff MACHINE [A] [B]    what changed from version A to B (default: from the one before the newest to the newest)\n" +
    "  restore MACHINE N       hand version N out from now on, whatever comes; `newest` takes that back\n" +
    "  prune [MACHINE...]      remove the versions that are too many, as `state.keep` of the site says\n" +
    "  revoke MACHINE          make its token invalid: it gets another when it boots\n" +
    "  import FOLDER           take in what `lbu` wrote to a folder, such as one that machines reach over NFS\n" +
    "  backup --to DIR         write all of it to one encrypted file; --restore FILE --key KEY puts one back\n\n" +
    "Works on the state folder, whether a server runs or not; the server sees it at once. docs/state.md says how machines\n" +
    "hand in their state. Exit codes: 0 done, 1 there is no such machine or version, 2 wrong usage.",
  positionals: [
    {
      name: "action",
      describe: "list (the default), diff, restore, prune, revoke, import or backup",
      optional: true,
    },
    { name: "args", describe: "What it is done to", optional: true, many: true },
  ],
  flags: z.strictObject({
    site: z
      .string()
      .optional()
      .describe(
        "With `prune` and `import`: keep as many as this site says, and take states of its machines only",
      )
      .meta({ placeholder: "SITE" }),
    ...backupFlags,
    json: z.boolean().default(false).describe("Print one JSON object per line instead of sentences"),
    state: stateFlag,
  }),
  async run({ flags, args }, terminal) {
    const wanted = args.action ?? "list";
    const action = Object.hasOwn(actions, wanted) ? actions[wanted] : undefined;
    if (action === undefined) {
      const hint = suggest(wanted, Object.keys(actions));
      throw usageError(`there is no \`state ${wanted}\``, "dryboot state", hint);
    }
    const histories = new Histories(resolve(flags.state ?? defaultStateFolder()));
    await action(args.args, { histories, options: flags, terminal });
    return 0;
  },
});

async function list([machine]: readonly string[], { histories, options, terminal }: World): Promise<void> {
  const names = machine === undefined ? await histories.machines() : [await known(machine, histories)];
  const all = await Promise.all(names.map(async (name) => ({ name, history: await histories.of(name) })));
  if (options.json) {
    for (const { name, history } of all) {
      for (const version of history.versions) {
        terminal.out(
          JSON.stringify({ machine: name, ...version, handedOut: currentOf(history) === version }),
        );
      }
    }
    return;
  }
  const [only] = machine === undefined ? [] : all;
  for (const line of only ? versionRows(only.history) : machineRows(all)) terminal.out(line);
}

async function diff(args: readonly string[], { histories, options, terminal }: World): Promise<void> {
  const [name, from, to] = args;
  const machine = await known(name, histories);
  const history = await histories.of(machine);
  const after = to === undefined ? history.versions.at(-1) : versionOf(machine, to, history);
  const before =
    from === undefined
      ? history.versions.findLast((version) => version !== after)
      : versionOf(machine, from, history);
  if (!before || !after) throw noSuchVersion(machine, "before it to compare with", history);
  const path = (version: Version) => histories.pathOf(machine, version);
  const changes = await diffStates(path(before), path(after));
  if (options.json) for (const change of changes) terminal.out(JSON.stringify(change));
  else for (const line of diffLines(machine, { before, after, changes })) terminal.out(line);
}

async function restore(args: readonly string[], { histories, options, terminal }: World): Promise<void> {
  const [name, wanted] = args;
  const machine = await known(name, histories);
  const history = await histories.of(machine);
  if (wanted === undefined) throw missing("N", "restore");
  const choice = wanted === "newest" ? wanted : versionOf(machine, wanted, history).number;
  const after = await histories.choose(machine, choice);
  const current = currentOf(after);
  if (options.json)
    terminal.out(JSON.stringify({ machine, handedOut: current?.number, chosen: after.chosen }));
  else if (choice === "newest")
    terminal.out(`${machine}: the newest is handed out again, now version ${current?.number ?? "none"}`);
  else
    terminal.out(
      `${machine}: version ${choice} is handed out from its next boot on, until \`restore ${machine} newest\``,
    );
}

async function prune(names: readonly string[], { histories, options, terminal }: World): Promise<void> {
  const { keep } = await wordsOf(options.site);
  const machines = names.length > 0 ? names : await histories.machines();
  for (const name of machines) {
    const gone = await histories.prune(await known(name, histories), keep);
    const numbers = gone.map(({ number }) => number);
    if (options.json) terminal.out(JSON.stringify({ machine: name, removed: numbers }));
    else
      terminal.out(
        `${name}: ${numbers.length === 0 ? "nothing to remove" : `removed ${numbers.join(", ")}`}`,
      );
  }
}

async function revoke([machine]: readonly string[], { histories, options, terminal }: World): Promise<void> {
  if (machine === undefined) throw missing("MACHINE", "revoke");
  await histories.revokeToken(machine);
  if (options.json) terminal.out(JSON.stringify({ machine, revoked: true }));
  else terminal.out(`${machine}: its token is no longer taken; it gets another when it boots`);
}

async function take(args: readonly string[], { histories, options, terminal }: World): Promise<void> {
  const [folder] = args;
  if (folder === undefined) throw missing("FOLDER", "import");
  const words = await wordsOf(options.site);
  for await (const { file, ...outcome } of importFolder(resolve(folder), histories, words)) {
    if (options.json) terminal.out(JSON.stringify({ file, ...outcome }));
    else if ("problem" in outcome) terminal.err(`${file}: left out: ${outcome.problem}`);
    else {
      const { machine, version, isNew } = outcome;
      terminal.out(`${file}: ${isNew ? "" : "the same as "}version ${version} of ${machine}`);
    }
  }
}

/** What the site says of it; without one, what sites say that say nothing. */
async function wordsOf(site: string | undefined): Promise<{ keep: Retention; machines?: readonly string[] }> {
  if (site === undefined) return { keep: usualRetention };
  const { state, machines } = (await loadSite(site)).site;
  return { keep: state.keep, machines: machines.map(({ name }) => name) };
}

async function known(name: string | undefined, histories: Histories): Promise<string> {
  if (name === undefined) throw missing("MACHINE", "...");
  const names = await histories.machines();
  if (names.includes(name)) return name;
  throw noSuchMachine(name, names);
}

function versionOf(machine: string, word: string, history: History): Version {
  const found = history.versions.find(({ number }) => String(number) === word);
  if (found) return found;
  throw noSuchVersion(machine, word, history);
}

const missing = (what: string, action: string) =>
  usageError(`${what} is missing`, `dryboot state ${action}`, "see `dryboot state --help`");
