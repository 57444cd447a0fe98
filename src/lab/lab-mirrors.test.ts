import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { MirrorServer, wellBehaved } from "../images/mirror-server.fixture.ts";
import { labMirrors, outsideAnswers } from "./lab-mirrors.ts";
import type { Answered } from "./outside.ts";
import { askOutside, OutsideRelay } from "./outside.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-outside-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** The lab's socket with an outside that answers so; what goes between them is data, as it is between processes. */
async function relayTo(
  answer: (question: unknown) => Promise<unknown>,
): Promise<(question: unknown) => Promise<unknown>> {
  const relay = new OutsideRelay((asked) => {
    const { id, question } = JSON.parse(JSON.stringify(asked)) as typeof asked;
    const reply = async () => {
      const answered: Answered = { type: "answer", id, answer: await answer(question) };
      relay.answered(JSON.parse(JSON.stringify(answered)) as Answered);
    };
    void reply();
  });
  const path = join(folder, "outside.sock");
  const listening = await relay.listen(path);
  onTestFinished(() => listening[Symbol.asyncDispose]());
  return (question) => askOutside(question, path);
}

test("what a machine of the lab asks of a mirror is fetched outside, and read from the store inside", async () => {
  const bytes = Buffer.from("a package");
  await using upstream = await MirrorServer.start(wellBehaved(bytes));
  const ask = await relayTo(outsideAnswers(new AbortController().signal, folder));
  const mirror = labMirrors([["debian", [upstream.url]]], ask).get("debian");
  const pulled = await mirror?.("pool/x-1.deb");
  if (!pulled || !("file" in pulled) || !("path" in pulled.file)) throw new Error(JSON.stringify(pulled));
  expect(await readFile(pulled.file.path)).toEqual(bytes);
  expect(pulled.file.path.startsWith(join(folder, "mirrors/debian/"))).toBe(true);
  expect(pulled.fetched?.url).toBe(`${upstream.url}/pool/x-1.deb`);
  expect(await mirror?.("pool/x-1.deb")).toMatchObject({ file: { sizeBytes: bytes.length } });
  expect(upstream.requests).toHaveLength(1);
});

test("a folder is read in the lab itself, without a question", async () => {
  await writeFile(join(folder, "file"), "here");
  const mirrors = labMirrors([["alpine", [folder]]], async () => expect.unreachable());
  expect(await mirrors.get("alpine")?.("file")).toMatchObject({ file: { sizeBytes: 4 } });
  expect(await mirrors.get("alpine")?.("other")).toMatchObject({ status: 404 });
});

test("questions wait for their own answers, and nonsense gets one too", async () => {
  const answer = outsideAnswers(new AbortController().signal, folder);
  const ask = await relayTo(async (question) => (question === "slow" ? "late" : await answer(question)));
  const [slow, nonsense] = [ask("slow"), ask({ ask: "shell" })];
  expect(await nonsense).toMatchObject({
    status: 502,
    reason: expect.stringContaining("nobody understands"),
  });
  expect(await slow).toBe("late");
});
