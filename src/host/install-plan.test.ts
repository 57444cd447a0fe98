import { describe, expect, test } from "vitest";
import type { Machine } from "./install-plan.ts";
import { managerOf, planInstall } from "./install-plan.ts";
import type { Need } from "./packages.ts";
import { managers, needs } from "./packages.ts";

const fresh = 60_000;
const debian: Machine = { manager: "apt", rights: "root", listsAgeMs: fresh };

const pick = (...names: string[]): Need[] =>
  needs.filter((need) => names.some((name) => need.name.startsWith(name)));

describe("what to do about missing packages", () => {
  test("nothing, when nothing is missing", () =>
    expect(planInstall([], debian)).toEqual({ kind: "nothing" }));

  test("install them, as root of a Debian", () => {
    const plan = planInstall(pick("QEMU", "UEFI"), debian);
    expect(plan).toMatchObject({ kind: "install", packages: ["qemu-system-x86", "ovmf"] });
    const [install, ...more] = plan.kind === "install" ? plan.commands : [];
    expect(more).toEqual([]);
    expect(install?.join(" ")).toMatch(
      /^env DEBIAN_FRONTEND=noninteractive .*apt-get install .*-y --no-install-recommends .*DPkg::Lock::Timeout=60 .*qemu-system-x86 ovmf$/,
    );
  });

  test.each([
    ["there are none", undefined],
    ["they are two days old", 48 * 3_600_000],
  ])("update the package lists first, when %s", (_, listsAgeMs) => {
    const plan = planInstall(pick("QEMU"), { ...debian, listsAgeMs });
    const commands = plan.kind === "install" ? plan.commands : [];
    expect(commands.map((words) => words.find((word) => word === "update" || word === "install"))).toEqual([
      "update",
      "install",
    ]);
  });

  test("go through sudo where it asks for no password", () => {
    const plan = planInstall(pick("QEMU"), { ...debian, rights: "sudo" });
    expect(plan.kind === "install" && plan.commands[0]?.slice(0, 4)).toEqual([
      "sudo",
      "-n",
      "env",
      "DEBIAN_FRONTEND=noninteractive",
    ]);
  });

  test.each<[string, Machine["manager"], Machine["rights"], string]>([
    [
      "a user with sudo",
      "apt",
      "sudo-asks",
      "sudo apt-get update && sudo apt-get install --no-install-recommends qemu-system-x86 iproute2",
    ],
    [
      "a user without",
      "apt",
      "none",
      "su -c 'apt-get update && apt-get install --no-install-recommends qemu-system-x86 iproute2'",
    ],
    ["root of a Fedora", "dnf", "root", "dnf install qemu-system-x86-core iproute"],
    ["a user of Arch", "pacman", "sudo", "sudo pacman -S --needed qemu-system-x86 iproute2"],
    ["root of Alpine", "apk", "root", "apk add qemu-system-x86_64 iproute2"],
    ["a user of Nix", "nix", "none", "nix profile install nixpkgs#qemu nixpkgs#iproute2"],
  ])("say exactly what to type to %s", (_, manager, rights, command) => {
    expect(planInstall(pick("QEMU", "ip "), { manager, rights, listsAgeMs: fresh })).toMatchObject({
      kind: "ask",
      command,
    });
  });

  test.each(managers.filter((manager) => manager !== "apt"))(
    "say that the names for %s are untried",
    (manager) => {
      const plan = planInstall(pick("QEMU"), { manager, rights: "root", listsAgeMs: undefined });
      expect(plan.kind === "ask" && plan.reasons.join()).toContain("have not been tried");
    },
  );

  test("say why a package cannot be named, next to what can be typed", () => {
    const plan = planInstall(pick("iPXE loaders", "QEMU"), {
      manager: "apk",
      rights: "root",
      listsAgeMs: undefined,
    });
    expect(plan).toMatchObject({ kind: "ask", command: "apk add qemu-system-x86_64" });
    expect(plan.kind === "ask" && plan.reasons[0]).toContain("Alpine carries no iPXE");
  });

  test("name Debian's packages where no manager is known", () => {
    const plan = planInstall(pick("QEMU"), { manager: undefined, rights: "root", listsAgeMs: undefined });
    expect(plan).toEqual({
      kind: "ask",
      command: undefined,
      reasons: ["QEMU (Debian's package qemu-system-x86)"],
    });
  });
});

describe("the package manager of a machine", () => {
  const having = (...programs: string[]) => ({
    exists: () => false,
    isProgram: (name: string) => programs.includes(name),
  });

  test.each([
    ["Debian that has dnf too", "ID=debian\n", ["dnf", "apt-get"], "apt"],
    ["Fedora that has apt too", "NAME=Fedora\nID=fedora\n", ["apt-get", "dnf"], "dnf"],
    ["a child of Debian", 'ID=raspbian\nID_LIKE="debian"\n', ["apt-get"], "apt"],
    ["a grandchild", 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', ["dnf"], "dnf"],
    ["Arch", "ID=arch\n", ["pacman"], "pacman"],
    ["an unknown with apk", "ID=chimera\n", ["apk"], "apk"],
    ["no os-release", "", ["nix"], "nix"],
    ["nothing known", "ID=plan9\n", [], undefined],
  ] as const)("%s: %s", (_, osRelease, programs, expected) => {
    expect(managerOf(osRelease, having(...programs))).toBe(expected);
  });
});
