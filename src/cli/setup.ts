import { styleText } from "node:util";
import * as z from "zod";
import { projectFolder } from "../core/folders.ts";
import type { HostFiles } from "../host/packages.ts";
import { hostFiles, isThere, missingNeeds, needs } from "../host/packages.ts";
import { command } from "./command.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** Sees to it that this machine has what a boot needs: at once when it has, with apt where it may, else it says how. */
export async function ensureHost(terminal: Terminal, signal: AbortSignal): Promise<void> {
  const files = hostFiles();
  const missing = missingNeeds(files);
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
  }),
  async run({ flags }, terminal, signal) {
    // That this runs at all means that the launcher found or installed them.
    terminal.out(`npm packages  ready: Node ${process.versions.node} in ${projectFolder}/node_modules`);
    if (flags.only === "node") return 0;
    const files = hostFiles();
    terminal.out("");
    for (const line of inventory(files)) terminal.out(line);
    terminal.out("");
    if (flags.dryRun) {
      for (const line of await intentions(files)) terminal.out(line);
      return 0;
    }
    await ensureHost(terminal, signal);
    terminal.out("Everything is there: `./dryboot boot` boots a machine.");
    return 0;
  },
});

function inventory(files: HostFiles): string[] {
  return table(
    needs.map((need) => {
      const verdict = isThere(need, files) ? styleText("green", "there") : styleText("red", "missing");
      return [need.name, verdict, need.for];
    }),
  );
}

async function intentions(files: HostFiles): Promise<string[]> {
  const missing = missingNeeds(files);
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
