import { expect, test } from "vitest";
import { formatImages, image } from "./image.ts";
import { formatCollected } from "./image-gc.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const never = new AbortController().signal;

test("the list shows an image that is not built without a digest", () => {
  const listed = [{ name: "rescue", level: 1 as const, summary: "small", state: "absent" as const }];
  expect(formatImages(listed, 100)).toEqual([
    "NAME    LEVEL    STATE   DIGEST  SIZE  BUILT IN  WHAT IT IS",
    "rescue  level 1  absent  -          -         -  small",
  ]);
});

test.each([
  [["verfy"], /there is no `image verfy`/],
  [["constructor"], /there is no `image constructor`/],
  [["build", "rescu"], /there is no image `rescu`/],
  [["remove"], /NAME is missing/],
  [["keys", "remove"], /only `keys add FILE` is known/],
  [["keys", "add"], /only `keys add FILE` is known/],
  [["lock"], /SITE is missing/],
  [["gc", "rescue"], /gc takes no names/],
  [["gc", "--older-than", "soon"], /`soon` is no time/],
])("%j is wrong usage", async (argv, message) => {
  const attempt = image.main(argv, recordingTerminal(), never);
  await expect(attempt).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
});

test("what gc says is a line for each thing that goes, and how much is left", () => {
  const what = { kind: "image" as const, name: "old 0123", paths: [], sizeBytes: 2048, usedMs: 0 };
  const judged = [
    { what, keep: false, why: "last used 40 d 00 h ago" },
    { what, keep: true, why: "in use" },
  ];
  expect(formatCollected(judged, { dryRun: true, width: 100 })).toEqual([
    "KIND   NAME         SIZE  WHY",
    "image  old 0123  2.0 KiB  last used 40 d 00 h ago",
    "1 would go, 2.0 KiB; 1 stays, 2.0 KiB",
  ]);
  expect(formatCollected([], { dryRun: false, width: 100 })).toEqual(["0 went, 0 B; 0 stay, 0 B"]);
});
