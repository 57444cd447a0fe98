import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import type { MirrorFacts } from "../images/facts.ts";
import type { Pulled } from "../images/pull-through.ts";
import { foldersAsMirror, mirrorAnswer } from "./mirrors.ts";

const file = { path: "/store/file", sizeBytes: 7 };
const url = "https://one.example/v3/x.apk";

async function answerOf(pulled: Pulled, path = "mirror/alpine/v3/x.apk") {
  const timeline = new Timeline<MirrorFacts>();
  const answer = await mirrorAnswer(path, new Map([["alpine", async () => pulled]]), timeline);
  return { answer, facts: timeline.facts().map(({ seq: _, at: __, ...fact }) => fact) };
}

test("a file that was just fetched is served, and where it came from is a fact", async () => {
  expect(await answerOf({ file, fetched: { url, durationMs: 3 } })).toEqual({
    answer: { file },
    facts: [{ type: "mirror.fetched", mirror: "alpine", path: "v3/x.apk", sizeBytes: 7, url, durationMs: 3 }],
  });
  expect(await answerOf({ file })).toEqual({ answer: { file }, facts: [] });
});

test("why there is none is told to who asked, and is a fact", async () => {
  const reason = `${url}: nothing came within 30.0 s`;
  expect(await answerOf({ status: 504, reason })).toEqual({
    answer: { status: 504, text: `v3/x.apk of the mirror alpine: ${reason}\n`, reason },
    facts: [{ type: "mirror.failed", mirror: "alpine", path: "v3/x.apk", status: 504, reason }],
  });
  expect((await answerOf({ file, stale: reason })).facts).toEqual([
    { type: "mirror.stale", mirror: "alpine", path: "v3/x.apk", reason },
  ]);
});

test.each(["images/rescue/vmlinuz", "mirror/alpine", "mirror/alpine/", "mirror/debian/x", "mirror/"])(
  "%s is no file of a mirror",
  async (path) => {
    expect((await answerOf({ file }, path)).answer).toBeUndefined();
  },
);

test("folders are looked through in order, and nothing outside them is found", async () => {
  const parent = await mkdtemp(join(tmpdir(), "dryboot-mirrors-"));
  onTestFinished(() => rm(parent, { recursive: true }));
  for (const name of ["one", "two"]) await mkdir(join(parent, name));
  await writeFile(join(parent, "two/file"), "here");
  await writeFile(join(parent, "secret"), "x");
  const find = foldersAsMirror([join(parent, "one"), join(parent, "two")]);
  expect(await find("file")).toMatchObject({ file: { sizeBytes: 4 } });
  expect(await find("../secret")).toMatchObject({ status: 404 });
});
