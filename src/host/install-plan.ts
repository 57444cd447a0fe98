import type { HostFiles, Manager, Need } from "./packages.ts";

/** What decides how missing packages come to this machine. */
export interface Machine {
  readonly manager: Manager | undefined;
  /** How we may act as root: we are, `sudo` lets us without asking, it would ask, or there is no way. */
  readonly rights: "root" | "sudo" | "sudo-asks" | "none";
  /** Age of apt's package lists; undefined when there are none, as in a fresh container. */
  readonly listsAgeMs: number | undefined;
}

export type InstallPlan =
  | { readonly kind: "nothing" }
  /** We can do it: these commands in this order. */
  | {
      readonly kind: "install";
      readonly commands: readonly (readonly string[])[];
      readonly packages: readonly string[];
    }
  /** A person has to: this is what to type. `reasons` say what no command can bring. */
  | { readonly kind: "ask"; readonly command: string | undefined; readonly reasons: readonly string[] };

/** Older lists name versions that mirrors have already dropped. */
const freshForMs = 24 * 60 * 60 * 1000;

/** How each manager is told to install. The answers `-y` and the like are given only where we run it ourselves. */
const typed: Readonly<Record<Manager, string>> = {
  apt: "apt-get install --no-install-recommends",
  dnf: "dnf install",
  pacman: "pacman -S --needed",
  apk: "apk add",
  nix: "nix profile install",
};

/** What to do about what is missing: install it, or say what to type. Only apt is run by us; see `needs`. */
export function planInstall(missing: readonly Need[], machine: Machine): InstallPlan {
  if (missing.length === 0) return { kind: "nothing" };
  const { manager, rights } = machine;
  if (manager === undefined) {
    const reasons = missing.map((need) => `${need.name} (Debian's package ${aptNames(need)})`);
    return { kind: "ask", command: undefined, reasons };
  }
  const { packages, reasons } = namesFor(missing, manager);
  if (manager === "apt" && (rights === "root" || rights === "sudo") && reasons.length === 0) {
    return { kind: "install", commands: aptCommands(packages, machine), packages };
  }
  return {
    kind: "ask",
    command: packages.length > 0 ? typedCommand(packages, machine, manager) : undefined,
    reasons,
  };
}

function namesFor(missing: readonly Need[], manager: Manager): { packages: string[]; reasons: string[] } {
  const packages = new Set<string>();
  const reasons: string[] = [];
  for (const need of missing) {
    const names = need.packages[manager];
    if ("none" in names) reasons.push(`${need.name}: ${names.none}`);
    else for (const name of names) packages.add(name);
  }
  if (manager !== "apt" && packages.size > 0)
    reasons.push(`(dryboot's package names for ${manager} have not been tried)`);
  return { packages: [...packages], reasons };
}

function aptNames(need: Need): string {
  const names = need.packages.apt;
  return "none" in names ? names.none : names.join(" and ");
}

function aptCommands(packages: readonly string[], { rights, listsAgeMs }: Machine): string[][] {
  // `sudo` drops the environment, so what apt needs from it is given behind `sudo`.
  const apt = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get"];
  const before = rights === "sudo" ? ["sudo", "-n", ...apt] : apt;
  const stale = listsAgeMs === undefined || listsAgeMs > freshForMs;
  return [
    ...(stale ? [[...before, "update", "-q", "-o", "Acquire::Retries=2"]] : []),
    [
      ...before,
      "install",
      "-q",
      "-y",
      "--no-install-recommends",
      "-o",
      "Acquire::Retries=2",
      "-o",
      "DPkg::Lock::Timeout=60",
      "-o",
      "Dpkg::Use-Pty=0", // its progress bar is meant for a terminal, not for lines
      ...packages,
    ],
  ];
}

function typedCommand(packages: readonly string[], { rights }: Machine, manager: Manager): string {
  if (manager === "nix") return `${typed.nix} ${packages.map((name) => `nixpkgs#${name}`).join(" ")}`;
  const install = `${typed[manager]} ${packages.join(" ")}`;
  const steps = manager === "apt" ? ["apt-get update", install] : [install];
  if (rights === "none") return `su -c '${steps.join(" && ")}'`;
  return steps.map((step) => (rights === "root" ? step : `sudo ${step}`)).join(" && ");
}

const families: Readonly<Record<string, Manager>> = {
  debian: "apt",
  ubuntu: "apt",
  fedora: "dnf",
  rhel: "dnf",
  centos: "dnf",
  arch: "pacman",
  alpine: "apk",
  nixos: "nix",
};

const executables: Readonly<Record<Manager, string>> = {
  apt: "apt-get",
  dnf: "dnf",
  pacman: "pacman",
  apk: "apk",
  nix: "nix",
};

/**
 * The package manager of a distribution, by `os-release`(5) first: Debian can install `dnf` and Fedora can install
 * `apt`, so a program's presence alone proves nothing.
 */
export function managerOf(osRelease: string, files: HostFiles): Manager | undefined {
  const fields = new Map(
    osRelease.split("\n").map((line) => {
      const [key = "", value = ""] = line.split("=", 2);
      return [key, value.trim().replaceAll(/["']/g, "")] as const;
    }),
  );
  const names = `${fields.get("ID") ?? ""} ${fields.get("ID_LIKE") ?? ""}`.split(" ");
  for (const name of names) {
    const manager = families[name];
    if (manager !== undefined && files.isProgram(executables[manager])) return manager;
  }
  return (Object.keys(executables) as Manager[]).find((manager) => files.isProgram(executables[manager]));
}
