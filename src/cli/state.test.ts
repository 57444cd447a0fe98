import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DrybootError } from "../core/errors.ts";
import { Histories } from "../images/state/histories.ts";
import { apkovl, inPieces, testFolder, usualState } from "../images/state/states.fixture.ts";
import { recordingTerminal } from "./recording-terminal.ts";
import { state } from "./state.ts";

const at = (hour: number) => new Date(Date.UTC(2026, 10, 21, hour));

async function withStates(...hostnames: readonly string[]) {
  const folder = await testFolder();
  const histories = new Histories(folder);
  for (const [index, hostname] of hostnames.entries()) {
    const body = inPieces(await apkovl({ ...usualState, "etc/hostname": `${hostname}\n` }));
    await histories.take({ machine: "shoe", body, from: "10.69.0.10", at: at(index) });
  }
  const run = async (...argv: readonly string[]) => {
    const terminal = recordingTerminal();
    const code = await state.main([...argv, "--state", folder], terminal, AbortSignal.timeout(20_000));
    expect(code).toBe(0);
    return { out: terminal.stdout.join("\n"), err: terminal.stderr.join("\n") };
  };
  return { folder, histories, run };
}

describe("dryboot state", () => {
  test("lists machines, the versions of one, and what is handed out", async () => {
    const { run } = await withStates("a", "b");
    expect((await run()).out).toMatch(/shoe +2 .* 2026-11-21 01:00:00Z +version 2$/m);
    await run("restore", "shoe", "1");
    const versions = (await run("list", "shoe")).out;
    expect(versions).toMatch(/^ +2 +2026-11-21 01:00:00Z .*10\.69\.0\.10$/m);
    expect(versions).toMatch(/^ +1 +2026-11-21 00:00:00Z .*10\.69\.0\.10 +version 1, as chosen$/m);
    await run("restore", "shoe", "newest");
    const [, line = ""] = (await run("list", "shoe", "--json")).out.split("\n");
    expect(JSON.parse(line)).toMatchObject({ machine: "shoe", number: 2, handedOut: true });
  });

  test("says where nothing was handed in yet", async () => {
    expect((await (await withStates()).run()).out).toContain("no machine handed in its state yet");
  });

  test("shows what changed, between the last two unless others are named", async () => {
    const { run } = await withStates("a", "b", "c");
    expect((await run("diff", "shoe")).out).toMatch(
      /from version 2 .* to 3 (.|\n)*etc\/hostname .*\n +-b\n +\+c/,
    );
    expect((await run("diff", "shoe", "1", "2")).out).toMatch(/-a\n +\+b/);
    expect((await run("diff", "shoe", "3", "3")).out).toContain("nothing changed");
  });

  test("removes what is too many, as the site says", async () => {
    const { run, folder } = await withStates("a", "b", "c");
    const site = join(folder, "site.json");
    const keep = { last: 1, daily: 0, weekly: 0 };
    await writeFile(site, JSON.stringify({ name: "here", state: { mode: "on", keep } }));
    expect((await run("prune", "--site", site)).out).toContain("shoe: removed 1, 2");
    expect((await run("prune")).out).toContain("shoe: nothing to remove");
  });

  test("takes in what lbu wrote to a folder, oldest first, and again only what is new", async () => {
    const { run, folder, histories } = await withStates();
    const from = join(folder, "nfs");
    await mkdir(from);
    const write = async (name: string, hostname: string, hour: number) => {
      await writeFile(join(from, name), await apkovl({ ...usualState, "etc/hostname": hostname }));
      await utimes(join(from, name), at(hour), at(hour));
    };
    await write("shoe.apkovl.tar.gz", "new", 9);
    await write("shoe.20261121030000.tar.gz", "old", 0); // of 03:00 by its name
    await write("box.apkovl.tar.gz", "box", 5);
    await writeFile(join(from, "bad.apkovl.tar.gz"), "nonsense");
    await writeFile(join(from, "notes.txt"), "");
    const first = await run("import", from);
    expect(first.out).toMatch(/shoe\.20261121030000\.tar\.gz: version 1 of shoe\n/);
    expect(first.out).toMatch(/shoe\.apkovl\.tar\.gz: version 2 of shoe/);
    expect(first.err).toMatch(/bad\.apkovl\.tar\.gz: left out: .*gzip/);
    expect((await histories.of("shoe")).versions.map((version) => version.at)).toEqual([
      at(3).toISOString(),
      at(9).toISOString(),
    ]);
    expect((await run("import", from)).out).toContain("the same as version 2 of shoe");
    expect((await histories.of("shoe")).versions).toHaveLength(2);
  });

  test.each([
    [["diff", "shoo"], "did you mean `shoe`?"],
    [["restore", "shoe", "9"], "there is 1"],
    [["list", "../../etc"], "there is `shoe`"],
    [["remove"], "did you mean"],
    [["restore", "shoe"], "--help"],
    [["diff", "shoe"], "there is 1"],
  ])("ends %j with a hint", async (argv, hint) => {
    const { folder } = await withStates("a");
    const terminal = recordingTerminal();
    const ended = state.main([...argv, "--state", folder], terminal, AbortSignal.timeout(20_000));
    await expect(ended).rejects.toThrow(DrybootError);
    await expect(ended).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  });
});
