import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { install, installFailure } from "./install.ts";
import type { InstallPlan } from "./install-plan.ts";
import type { Need } from "./packages.ts";
import { hostFiles } from "./packages.ts";

let folder: string;
let apt: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dryboot-install-"));
  apt = join(folder, "apt-get");
});
afterEach(() => rmSync(folder, { recursive: true }));

const need = (): Need => ({
  name: "the tool",
  for: "a test",
  found: { anyFile: [join(folder, "tool")] },
  packages: { apt: ["tool"], dnf: ["tool"], pacman: ["tool"], apk: ["tool"], nix: ["tool"] },
});

/** An apt that does as the script says, run as a plan would. */
function aptThat(script: string): InstallPlan {
  writeFileSync(apt, `#!/bin/sh\n${script}\n`);
  chmodSync(apt, 0o755);
  return { kind: "install", commands: [[apt, "install", "tool"]], packages: ["tool"] };
}

async function installWith(plan: InstallPlan, signal = new AbortController().signal): Promise<string[]> {
  const lines: string[] = [];
  await install([need()], plan, { files: hostFiles(), onLine: (line) => lines.push(line), signal });
  return lines;
}

describe("installing", () => {
  test("runs the plan, passes on what apt says, and checks that the tool is there afterwards", async () => {
    const lines = await installWith(
      aptThat(`echo "Setting up tool"; echo "W: odd" >&2; touch '${join(folder, "tool")}'`),
    );
    expect(lines[0]).toBe(`$ ${apt} install tool`);
    expect(lines.slice(1).sort()).toEqual(["Setting up tool", "W: odd"]);
  });

  test("does not believe an apt that brings nothing", async () => {
    await expect(installWith(aptThat("true"))).rejects.toMatchObject({
      code: "HOST_PACKAGES_MISSING",
      exitCode: 2,
      message: "apt installed tool, but the tool is still not there",
    });
  });

  test("stops at the first command that fails", async () => {
    const plan = aptThat("echo 'E: Unable to locate package tool'; exit 100");
    const second = ["touch", join(folder, "second")];
    const both: InstallPlan = { ...plan, commands: [[apt], second] } as InstallPlan;
    await expect(installWith(both)).rejects.toMatchObject({ code: "PACKAGES_UNKNOWN" });
    expect(existsSync(join(folder, "second"))).toBe(false);
  });

  test("asks apt to stop by an interrupt and waits until it has", async () => {
    const done = join(folder, "done");
    const plan = aptThat(
      `trap 'sleep 0.2; touch "${done}"; exit 100' INT\necho busy\nwhile :; do sleep 0.05; done`,
    );
    const stopping = new AbortController();
    const running = install([need()], plan, {
      files: hostFiles(),
      onLine: (line) => line === "busy" && stopping.abort(),
      signal: stopping.signal,
    });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(existsSync(done)).toBe(true);
  });

  test("asks a person, with exit code 2, for what it may not do", async () => {
    const plan: InstallPlan = { kind: "ask", command: "sudo apt-get install tool", reasons: ["other: none"] };
    await expect(installWith(plan)).rejects.toMatchObject({
      code: "HOST_PACKAGES_MISSING",
      exitCode: 2,
      message: "this machine lacks the tool",
      hint: expect.stringMatching(/^sudo apt-get install tool\n\s+other: none$/),
    });
  });
});

describe("a failed apt", () => {
  test.each([
    ["E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4", "PACKAGES_LOCKED", /wait/],
    [
      "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'",
      "PACKAGES_INTERRUPTED",
      /--configure -a/,
    ],
    ["E: Unable to locate package ipxe-qemu", "PACKAGES_UNKNOWN", /universe/],
    ["E: Package 'ovmf' has no installation candidate", "PACKAGES_UNKNOWN", /universe/],
    ["E: You don't have enough free space in /var/cache/apt/archives/.", "NO_SPACE", /room/],
    ["dpkg: error: failed to write (No space left on device)", "NO_SPACE", /room/],
    ["E: Unable to correct problems, you have held broken packages.", "PACKAGES_CONFLICT", /fix-broken/],
    ["Err:1 http://x Temporary failure resolving 'x'", "ARCHIVE_UNREACHABLE", /apt-get update/],
    ["something never seen before", "ARCHIVE_FAILED", /./],
  ])("that says %j is %s", (said, code, hint) => {
    const error = installFailure(said);
    expect(error).toMatchObject({ code, where: "packages of this machine" });
    expect(error.hint).toMatch(hint);
  });
});
