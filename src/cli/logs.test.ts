import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { BootFact } from "../trace/boots.fixture.ts";
import { ipxeClient, Story, uefiPxe } from "../trace/boots.fixture.ts";
import { firmware, loaded } from "../trace/transactions.fixture.ts";
import { logs } from "./logs.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const began = Date.UTC(2026, 10, 20, 17);

/** A log as serve writes it, of one machine each. */
async function logOf(boots: Readonly<Record<string, readonly BootFact[]>>) {
  const path = await mkdtemp(join(tmpdir(), "dryboot-logs-"));
  const served = /^(?:dhcp|tftp|http|machine|boot)\./;
  const entries = Object.entries(boots).flatMap(([machine, facts]) =>
    facts
      .filter(({ type }) => served.test(type) && !type.endsWith(".progress"))
      .map((fact) => ({ time: new Date(began + fact.at).toISOString(), ...fact, machine })),
  );
  const lines = [{ time: "no time", type: "dhcp.sent", machine: "shoe" }, ...entries, { cut: "off" }];
  await writeFile(join(path, "log.ndjson"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function says(path: string, ...argv: string[]) {
  const terminal = recordingTerminal();
  await logs.main(["--state", path, ...argv], terminal, new AbortController().signal);
  return terminal.stdout.map(stripVTControlCharacters);
}

test("--boots shows each boot, and of one that stopped where, why and what to do", async () => {
  await using log = await logOf({ shoe: uefiPxe().facts(), sock: loaded().facts() });
  const [stopped = "", where, why, next, ready = ""] = await says(log.path, "--boots");
  expect(stopped).toMatch(
    /^2026-11-2\d \d\d:\d\d:01 {2}sock {2}stopped in loader, after 1\.10 s {2}PXEClient:Arch/,
  );
  expect(where).toBe("    it fetched snponly.efi whole, and nothing came from it since");
  expect([why, next]).toEqual([
    expect.stringMatching(/^ {4}why: {2}the loader was not started/),
    expect.stringMatching(/^ {4}next: its screen says which/),
  ]);
  expect(ready).toMatch(/ shoe {2}ready after /);
});

test("--boots of one machine, the last of them, as JSON", async () => {
  const twice = firmware().asks(300_000, "DHCPDISCOVER", ipxeClient, "2").facts();
  await using log = await logOf({ shoe: twice, sock: loaded().facts() });
  const lines = await says(log.path, "--boots", "--machine", "shoe", "--lines", "1", "--json");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { machine: "shoe", outcome: "stopped", xids: ["2"], stop: { id: "no-answer" } },
  ]);
});

test("--boots of a log without boots says so, and does not follow", async () => {
  await using log = await logOf({ shoe: new Story().facts() });
  expect(await says(log.path, "--boots")).toEqual(["no boot is in the log"]);
  await expect(says(log.path, "--boots", "--follow")).rejects.toMatchObject({ code: "USAGE", exitCode: 2 });
});

test("a misspelt name is told apart from silence, and an absent log from an empty one", async () => {
  await using log = await logOf({ shoe: uefiPxe().facts() });
  const complains = async (path: string, ...argv: string[]) => {
    const terminal = recordingTerminal();
    await logs.main(["--state", path, ...argv], terminal, new AbortController().signal);
    return [terminal.stdout, terminal.stderr];
  };
  const unknown = "nothing in the log is about sheo; it tells of shoe";
  expect(await complains(log.path, "--machine", "sheo")).toEqual([[], [unknown]]);
  expect(await complains("/nowhere")).toEqual([[], [expect.stringContaining("no log is in /nowhere")]]);
  expect((await complains(log.path, "--machine", "shoe"))[1]).toEqual([]);
});
