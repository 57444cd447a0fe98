import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openMachineStates } from "./machine-states.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "dryboot-machines-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

test("what is remembered of machines is there again when the file is opened again", async () => {
  const path = await folder();
  const states = await openMachineStates(path);
  const names = Array.from({ length: 40 }, (_, index) => `node${index}`);
  await Promise.all(names.map((name) => states.change(name, () => ({ next: name, good: "a" }))));
  const again = await openMachineStates(path);
  for (const name of names) expect(again.of(name)).toEqual({ next: name, good: "a" });
  expect(again.of("another")).toEqual({});
});

test("a change is on disk when it is promised, whatever else is being written", async () => {
  const path = await folder();
  const states = await openMachineStates(path);
  for (let round = 0; round < 5; round += 1) {
    const others = ["x", "y"].map((name) => states.change(name, () => ({ next: `i${round}` })));
    await states.change("one", () => ({ next: `i${round}` }));
    const text = await readFile(join(path, "machines.json"), "utf8");
    expect(JSON.parse(text).machines.one).toEqual({ next: `i${round}` });
    await Promise.all(others);
  }
});

test("what could not be written is written when it is asked for again", async () => {
  const path = join(await folder(), "state");
  const states = await openMachineStates(path);
  await writeFile(path, "in the way");
  await expect(states.change("a", () => ({ next: "b" }))).rejects.toThrow(/EEXIST|ENOTDIR/);
  await rm(path);
  await states.change("a", () => ({ next: "b" }));
  expect((await openMachineStates(path)).of("a")).toEqual({ next: "b" });
});

test.each(["", "{", '{"version":2,"machines":{}}', '{"version":1,"machines":{"a":{"evil":1}}}'])(
  "a file that holds %j is not guessed at",
  async (text) => {
    const path = await folder();
    await writeFile(join(path, "machines.json"), text);
    await expect(openMachineStates(path)).rejects.toMatchObject({ code: "STATE_UNUSABLE" });
  },
);

test("without a folder nothing is written", async () => {
  const states = await openMachineStates();
  await states.change("a", () => ({ next: "b" }));
  expect(states.of("a")).toEqual({ next: "b" });
});

test("where a machine is with what was deployed on it survives a restart", async () => {
  const path = await folder();
  const slots = { regular: "b", old: "a", new: "c", tried: { instead: "b" }, failed: "x" };
  const running = { image: "c", mode: "trial" } as const;
  await (await openMachineStates(path)).change("shoe", () => ({ slots, running }));
  const again = await openMachineStates(path);
  expect(again.names()).toEqual(["shoe"]);
  expect(again.of("shoe")).toEqual({ slots, running });
});
