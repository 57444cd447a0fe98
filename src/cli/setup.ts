import { styleText } from "node:util";
import * as z from "zod";
import { DrybootError, formatError } from "../core/errors.ts";
import { projectFolder } from "../core/folders.ts";
import type { HostFiles, Need } from "../host/packages.ts";
import { hostFiles, isThere, laneNeeds, missingNeeds, needs } from "../host/packages.ts";
import { command } from "./command.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Sees to it that this machine has what a boot needs: at once when it has, with apt where it may, else it says how. */
export async function ensureHost(
  terminal: Terminal,
  signal: AbortSignal,
  among: readonly Need[] = needs,
): Promise<void> {
  const files = hostFiles();
  const missing = missingNeeds(files, among);
  if (missing.length === 0) return;
  const { install, lookAtMachine, planInstall } = await loadInstaller();
  const plan = planInstall(missing, await lookAtMachine(files));
  if (plan.kind === "install") terminal.err(`installing ${plan.packages.join(", ")}...`);
  // To standard error: what called us may be printing facts.
  await install(missing, plan, {
    files,
    onLine: (line) => terminal.err(styleText("dim", `  ${line}`)),
    signal,
  });
}

/** Installs what single lanes need where nobody has to be asked; without it, those lanes are left out, and say so. */
export async function tryLaneNeeds(terminal: Terminal, signal: AbortSignal): Promise<void> {
  const files = hostFiles();
  const missing = missingNeeds(files, laneNeeds);
  if (missing.length === 0) return;
  const { lookAtMachine, planInstall } = await loadInstaller();
  if (planInstall(missing, await lookAtMachine(files)).kind !== "install") return;
  await ensureHost(terminal, signal, laneNeeds).catch((error: unknown) => {
    if (!(error instanceof DrybootError)) throw error;
    terminal.err(formatError(error));
  });
}

/** Loaded when something is missing: the check before every command must cost nothing one could feel. */
async function loadInstaller() {
  return { ...(await import("../host/install.ts")), ...(await import("../host/install-plan.ts")) };
}

export const setup = command({
  name: "setup",
  summary: "Install what dryboot needs on this machine",
  details:
    "Every command does this by itself before it starts. Packages are installed with apt, as root or where sudo asks\n" +
    "for no password; otherwise the exact command to type is shown and nothing is changed. The package names for dnf,\n" +
    "pacman, apk and nix have not been tried.",
  flags: z.strictObject({
    dryRun: z.boolean().default(false).describe("Show what would be done, and do nothing"),
    only: z
      .enum(["node", "host"])
      .optional()
      .describe("Only the npm packages with Node 24, or only the host's packages"),
    lanes: z
      .boolean()
      .default(false)
      .describe(
        "Also what single lanes need, QEMU for ARM; `dryboot test` installs it, no boot waits for it",
      ),
  }),
  async run({ flags }, terminal, signal) {
    // That this runs at all means that the launcher found or installed them.
    terminal.out(`npm packages  ready: Node ${process.versions.node} in ${projectFolder}/node_modules`);
    if (flags.only === "node") return 0;
    const files = hostFiles();
    const among = flags.lanes ? [...needs, ...laneNeeds] : needs;
    terminal.out("");
    for (const line of inventory(files)) terminal.out(line);
    terminal.out("");
    if (flags.dryRun) {
      for (const line of await intentions(files, among)) terminal.out(line);
      return 0;
    }
    await ensureHost(terminal, signal, among);
    terminal.out("Everything is there: `./dryboot boot` boots a machine.");
    return 0;
  },
});

function inventory(files: HostFiles): string[] {
  return table(
    [...needs, ...laneNeeds].map((need) => {
      const absent = laneNeeds.includes(need) ? styleText("yellow", "left out") : styleText("red", "missing");
      return [need.name, isThere(need, files) ? styleText("green", "there") : absent, need.for];
    }),
  );
}

async function intentions(files: HostFiles, among: readonly Need[]): Promise<string[]> {
  const missing = missingNeeds(files, among);
  if (missing.length === 0) return ["Nothing is missing: nothing would be done."];
  const { lookAtMachine, planInstall } = await loadInstaller();
  const plan = planInstall(missing, await lookAtMachine(files));
  switch (plan.kind) {
    case "nothing":
      return [];
    case "install":
      return ["Would run:", ...plan.commands.map((words) => `  ${words.join(" ")}`)];
    case "ask":
      return [
        "Would change nothing here, and ask you to run:",
        ...(plan.command === undefined ? [] : [`  ${plan.command}`]),
        ...plan.reasons.map((reason) => `  ${reason}`),
      ];
  }
}
