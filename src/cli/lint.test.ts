import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { site } from "../boot/lint.fixture.ts";
import { lint as lintWith } from "../boot/lint-rule.ts";
import { allRules } from "../boot/lint-rules.ts";
import { recipes } from "../images/recipes.ts";
import { findingsText, lint } from "./lint.ts";
import { recordingTerminal } from "./recording-terminal.ts";

/** `dryboot lint --json` of a site written to a file. */
async function linted(value: object) {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-lint-"));
  try {
    const file = join(folder, "site.json");
    await writeFile(file, JSON.stringify({ name: "x", ...value }));
    const terminal = recordingTerminal();
    const code = await lint.main([file, "--json"], terminal, new AbortController().signal);
    const found = terminal.stdout.map(
      (line) => JSON.parse(line) as { id: string; path: string; severity: string },
    );
    return { code, found };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What this host lacks is no matter of the test. */
const ofTheSite = ({ id }: { id: string }) =>
  !["loader-absent", "image-not-built", "image-stale"].includes(id);

/** `dryboot lint` of a script of somebody's own. */
async function lintedScript(text: string, ...flags: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-lint-"));
  try {
    const file = join(folder, "boot.ipxe");
    await writeFile(file, text);
    const terminal = recordingTerminal();
    const code = await lint.main([file, ...flags], terminal, new AbortController().signal);
    return {
      code,
      lines: terminal.stdout.map((line) => stripVTControlCharacters(line).replaceAll(folder, "")),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("dryboot lint of a script", () => {
  test("names the line, what happens and what to write, and fails for an error", async () => {
    const { code, lines } = await lintedScript("#!ipxe\ngoto strat\n:start\ndhcp || exit 1\nexit\n");
    expect(code).toBe(1);
    expect(lines[0]).toBe("error: /boot.ipxe:2: there is no label strat  [script-label-missing]");
    expect(lines).toContain("  fix: did you mean start?");
    expect(lines.at(-1)).toBe("/boot.ipxe: 1 error, 0 warnings, 1 hint");
  });

  test("asks one iPXE alone when told so", async () => {
    const script = "#!ipxe\npoweroff\n";
    expect(await lintedScript(script, "--ipxe", "2.0.0")).toEqual({
      code: 0,
      lines: ["/boot.ipxe: nothing to mend"],
    });
    expect((await lintedScript(script, "--json")).lines.map((line) => JSON.parse(line))).toMatchObject([
      { id: "script-command-not-in-release", severity: "error", line: 2 },
    ]);
  });

  test("does not let a script's letters command the terminal", async () => {
    const { lines } = await lintedScript("#!ipxe\n\u001b[2Jboo\nexit\n");
    expect(lines.join("")).not.toContain("\u001b");
    expect(lines[0]).toContain("there is no command ?[2Jboo");
  });
});

describe("dryboot lint", () => {
  test("names the place in the site file, and fails for an error", async () => {
    const { code, found } = await linted({
      images: { "r-1": { recipe: "rescue" } },
      machines: [
        { name: "a", mac: "52-54-00-12-34-56", image: "r-1", nic: "e1000", commandLine: "quiet" },
        { name: "b", mac: "52:54:00:00:00:02" },
      ],
    });
    expect(code).toBe(1);
    expect(found.filter(ofTheSite).map(({ severity, id, path }) => [severity, id, path])).toEqual([
      ["error", "nic-without-driver", "machines[0].nic"],
      ["warning", "machine-without-image", "machines[1]"],
      ["warning", "mac-of-many", "machines[0].mac"],
      ["warning", "quiet-on-serial", "machines[0].commandLine"],
    ]);
  });

  test("knows what each recipe needs", async () => {
    for (const { name } of recipes) {
      const machine = {
        name: "a",
        mac: "52:54:00:00:00:01",
        image: "i",
        nic: "virtio-net-pci",
        memory: "2G",
      };
      const { found } = await linted({ images: { i: { recipe: name } }, machines: [machine] });
      expect(found.filter(ofTheSite).filter(({ severity }) => severity === "error")).toEqual([]);
    }
    const { found } = await linted({
      images: { i: { recipe: "debian-installer" } },
      machines: [{ name: "a", mac: "52:54:00:00:00:01", image: "i" }],
    });
    expect(found.map(({ id }) => id)).toContain("memory-below-comfort");
  });

  test("leaves mistakes of the file itself to its loading", async () => {
    await expect(linted({ machines: [{ name: "a" }] })).rejects.toThrow(/`machines\[0\].mac` is missing/);
  });

  test("prints what happens otherwise and the way out", () => {
    const found = lintWith(site({ dhcp: { domain: "rack.local" } }), allRules);
    expect(findingsText(found, "x", 100).map(stripVTControlCharacters)).toEqual([
      "warning: `network.domain` is rack.local  [domain-local]",
      "  why: RFC 6762 gives `.local` to multicast DNS: Linux with Avahi or systemd-resolved, and macOS,",
      "  never ask a DNS server for such names.",
      "  fix: end it in `.internal` or `home.arpa` (RFC 8375), or use a domain of your own",
      "",
      "site x: 0 errors, 1 warning, 0 hints",
    ]);
    expect(findingsText([], "x", 100)).toEqual(["site x: nothing to mend"]);
  });
});
