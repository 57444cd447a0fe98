import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { dialectFile, openProxyMemory } from "./dialect-file.ts";
import type { DhcpFacts } from "./facts.ts";

async function emptyFolder() {
  const path = await mkdtemp(join(tmpdir(), "dryboot-dialects-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const timeline = () => new Timeline<DhcpFacts>(() => 0);
const worked = { xid: 1, since: 0, progressed: true, proven: false, failures: 0 } as const;

describe("the dialects a proxy learned", () => {
  test("are known after a restart", async () => {
    await using folder = await emptyFolder();
    const facts = timeline();
    {
      await using kept = await openProxyMemory(folder.path, { timeline: facts });
      kept.memory.note({ client: "1/a", mac: "a", attempt: { dialect: "redirect", ...worked } });
      kept.memory.note({ client: "1/b", mac: "b", attempt: { dialect: "direct", ...worked } });
    }
    await using again = await openProxyMemory(folder.path, { timeline: facts });
    expect([...again.memory.proven()]).toEqual([
      ["1/a", "redirect"],
      ["1/b", "direct"],
    ]);
    expect(facts.facts()).toEqual([]);
  });

  test("write no file as long as there is nothing to say", async () => {
    await using folder = await emptyFolder();
    {
      await using _kept = await openProxyMemory(folder.path, { timeline: timeline() });
    }
    await expect(readFile(dialectFile(folder.path))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test.each([
    ["{", /JSON/],
    ["null", /of version undefined/],
    ['{"version":2,"clients":{}}', /of version 2/],
    ['{"version":1,"clients":{"1/a":"shouting"}}', /no dialect for 1\/a/],
    [" ".repeat(9 * 2 ** 20), /is not ours/],
  ])("in a file that begins with %.40j are a fact, and learned anew", async (content, problem) => {
    await using folder = await emptyFolder();
    await writeFile(dialectFile(folder.path), content);
    const facts = timeline();
    {
      await using kept = await openProxyMemory(folder.path, { timeline: facts });
      expect(kept.memory.proven().size).toBe(0);
      expect(facts.facts()).toMatchObject([{ problem: expect.stringMatching(problem) }]);
      kept.memory.note({ client: "1/a", mac: "a", attempt: { dialect: "redirect", ...worked } });
    }
    await using again = await openProxyMemory(folder.path, { timeline: timeline() });
    expect(again.memory.proven().get("1/a")).toBe("redirect");
  });

  test("that cannot be written are a fact", async () => {
    await using folder = await emptyFolder();
    const facts = timeline();
    {
      await using kept = await openProxyMemory(folder.path, { timeline: facts });
      kept.memory.note({ client: "1/a", mac: "a", attempt: { dialect: "redirect", ...worked } });
      await mkdir(dialectFile(folder.path));
    }
    expect(facts.facts("dhcp.dialects-failed")).toHaveLength(1);
  });
});
