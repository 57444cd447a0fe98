import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Running } from "./segment.ts";
import { Segment, whyNoSegment } from "./segment.ts";

const noSegment = whyNoSegment();
const machine = { name: "node1", mac: "52:54:00:69:00:0a", ip: "10.69.0.10" };

/** Everything but letters, spaces and the ends of our own lines; src/core/printable.ts says why. */
const harmful = /(?!\n)[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** The harmful characters in a text, and lines that a stranger began. */
const harmIn = (text: string) => [...(text.match(harmful) ?? []), ...(text.match(/^.?\[31m.*/gm) ?? [])];

/** What the server and its commands print and keep, by where it stands. The server is stopped. */
async function everythingSaid(segment: Segment, server: Running): Promise<Map<string, string>> {
  const said = new Map<string, string>();
  const commands = [
    ...[["status"], ["status", "--json"], ["leases"], ["leases", "--json"]],
    ...[["logs"], ["logs", "--json"], ["logs", "--boots"], ["logs", "--boots", "--json"]],
  ];
  for (const words of commands) {
    const command = segment.dryboot(...words, "--state", segment.state);
    expect([words, await command.ended]).toEqual([words, 0]);
    said.set(words.join(" "), command.output);
  }
  server.signal("SIGTERM");
  expect(await server.ended).toBe(0);
  said.set("serve", server.output);
  for (const name of readdirSync(segment.state).filter((name) => name.endsWith("json"))) {
    said.set(name, readFileSync(join(segment.state, name), "utf8"));
  }
  return said;
}

describe.skipIf(noSegment !== undefined)(`what strangers say${noSegment ? ` (${noSegment})` : ""}`, () => {
  test("reaches no terminal, log, program or script as more than letters", async () => {
    using segment = new Segment();
    const site = await segment.site({
      network: { domain: "here.test" },
      api: { allow: ["10.69.0.0/24"] },
      machines: [{ ...machine, image: "rescue" }],
      images: { rescue: { recipe: "rescue" } },
    });
    const server = segment.serve(site, "--force");
    await server.says(/serving here on lan0/, 0, 120_000); // the image may have to be built first
    const client = ["-n", segment.client];
    execFileSync("ip", [...client, "addr", "add", "10.69.0.10/24", "dev", segment.clientInterface]);
    execFileSync("ip", [...client, "route", "add", "default", "dev", segment.clientInterface]);
    const stranger = segment.start(segment.client, [
      process.execPath,
      join(import.meta.dirname, "hostile-machine.ts"),
      ...["10.69.0.1", "10.69.0.10"],
    ]);
    expect([await stranger.ended, stranger.output]).toEqual([0, expect.stringMatching(/^\[/)]);
    const answers = JSON.parse(stranger.output) as string[];

    const seen = await everythingSaid(segment, server);
    for (const [n, answer] of answers.entries()) seen.set(`answer ${n}`, answer.replaceAll("\r\n", "\n"));

    // It came through every door, so what is clean was cleaned.
    const log = seen.get("logs --json") ?? "";
    for (const type of [
      "dhcp.received",
      "tftp.requested",
      "tftp.refused",
      "http.requested",
      "syslog.received",
    ])
      expect(log).toMatch(new RegExp(`"type":"${type.replace(".", "\\.")}".*evil`));
    for (const [where, text] of seen) expect([where, harmIn(text)]).toEqual([where, []]);
    for (const [where, text] of seen) {
      const lines = where.endsWith("json") ? text.trim().split("\n") : [];
      for (const line of lines) expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });
});
