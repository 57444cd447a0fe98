import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { execa } from "execa";
import { DrybootError } from "../core/errors.ts";
import { aptFailure } from "./apt-failures.ts";
import type { InstallPlan, Machine } from "./install-plan.ts";
import { managerOf } from "./install-plan.ts";
import type { HostFiles, Need } from "./packages.ts";
import { isThere } from "./packages.ts";

const where = "packages of this machine";

/** What `planInstall` needs to know. Asked only when something is missing. */
export async function lookAtMachine(files: HostFiles): Promise<Machine> {
  return {
    manager: managerOf(readOsRelease(), files),
    rights: process.geteuid?.() === 0 ? "root" : await sudoRights(files),
    listsAgeMs: aptListsAge("/var/lib/apt/lists"),
  };
}

function readOsRelease(): string {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return ""; // then programs decide
  }
}

async function sudoRights(files: HostFiles): Promise<Machine["rights"]> {
  if (!files.isProgram("sudo")) return "none";
  return await promisify(execFile)("sudo", ["-n", "true"], { timeout: 5000 }).then(
    () => "sudo" as const,
    () => "sudo-asks" as const,
  );
}

/** Time since apt last updated its lists; undefined when it holds none. */
function aptListsAge(folder: string): number | undefined {
  try {
    if (!readdirSync(folder).some((name) => name.includes("_Packages"))) return undefined;
    // A list carries the mirror's date, the folder that of its last change; `partial` is touched by every update.
    return Date.now() - Math.max(...[folder, `${folder}/partial`].map((path) => statSync(path).mtimeMs));
  } catch {
    return undefined;
  }
}

/** Carries out a plan, or says what a person has to type. Afterwards everything in `missing` is there. */
export async function install(
  missing: readonly Need[],
  plan: InstallPlan,
  options: { files: HostFiles; onLine: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  if (plan.kind === "nothing") return;
  if (plan.kind === "ask") throw askFor(missing, plan);
  for (const command of plan.commands) {
    options.onLine(`$ ${command.join(" ")}`);
    await runApt(command, options);
  }
  const still = missing.filter((need) => !isThere(need, options.files));
  if (still.length > 0) throw stillMissing(still, plan.packages);
}

/**
 * Not `run` of core/child.ts: that one dies with us by SIGKILL, and dpkg must not. apt itself takes an interrupt when
 * it is safe, that is, not while dpkg is at work; so it is asked, and waited for.
 */
async function runApt(
  command: readonly string[],
  { onLine, signal }: { onLine: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  const [file = "", ...args] = command;
  signal.throwIfAborted();
  const child = execa(file, args, {
    stdin: "ignore",
    all: true,
    reject: false,
    cancelSignal: signal,
    killSignal: "SIGINT",
    forceKillAfterDelay: false,
  });
  for await (const line of child.iterable({ from: "all" })) onLine(String(line));
  const result = await child;
  signal.throwIfAborted();
  if (result.failed) throw installFailure(result.all);
}

/** What only an installation on the host runs into; the rest is common to everything that asks apt. */
const failures = [
  {
    said: /Could not get lock|Unable to (acquire|lock)|is another process using it/i,
    what: "another program is installing packages",
    code: "PACKAGES_LOCKED",
    hint: "wait until it is done (automatic upgrades take some minutes), then run this again",
  },
  {
    said: /dpkg was interrupted/i,
    what: "an earlier installation was interrupted",
    code: "PACKAGES_INTERRUPTED",
    hint: "run `dpkg --configure -a` as root, then run this again",
  },
  {
    said: /Unable to locate package|has no installation candidate/i,
    what: "this machine's package sources lack what is needed",
    code: "PACKAGES_UNKNOWN",
    hint: "add the components `main` (Debian) or `universe` (Ubuntu) to the apt sources, run `apt-get update`, then run this again",
  },
  {
    said: /No space left on device|don't have enough free space/i,
    what: "there is no space left for packages",
    code: "NO_SPACE",
    hint: "make about 1 GB of room under /usr and /var (`apt-get clean` gives some back), then run this again",
  },
  {
    said: /unmet dependencies|held broken packages/i,
    what: "apt cannot fit the packages in with what is installed",
    code: "PACKAGES_CONFLICT",
    hint: "run `apt-get --fix-broken install` as root and read what it says, then run this again",
  },
] as const;

/** Why apt could not install, chosen by what it said. */
export function installFailure(said: string): DrybootError {
  const failure = failures.find((row) => row.said.test(said));
  if (failure === undefined) return aptFailure(said, where, undefined);
  const words = said.split("\n").filter((line) => line.startsWith("E:"));
  const { what, code, hint } = failure;
  return new DrybootError([what, ...words.slice(0, 3)].join("\n    "), { code, where, hint });
}

function askFor(missing: readonly Need[], plan: Extract<InstallPlan, { kind: "ask" }>): DrybootError {
  const names = missing.map((need) => need.name).join(", ");
  const hint = [...(plan.command === undefined ? [] : [plan.command]), ...plan.reasons].join("\n         ");
  const code = "HOST_PACKAGES_MISSING";
  return new DrybootError(`this machine lacks ${names}`, { code, where, hint, exitCode: 2 });
}

function stillMissing(still: readonly Need[], packages: readonly string[]): DrybootError {
  const names = still.map((need) => need.name).join(", ");
  return new DrybootError(`apt installed ${packages.join(", ")}, but ${names} is still not there`, {
    code: "HOST_PACKAGES_MISSING",
    where,
    hint: "this release keeps it elsewhere than dryboot looks: report it with the output of `dpkg -L` for the package",
    exitCode: 2,
  });
}
