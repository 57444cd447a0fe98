import { expect, test } from "vitest";
import { formatImages, image } from "./image.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const never = new AbortController().signal;

test("the list shows an image that is not built without a digest", () => {
  const listed = [{ name: "rescue", level: 1 as const, summary: "small", state: "absent" as const }];
  expect(formatImages(listed, 100)).toEqual([
    "NAME    LEVEL    STATE   DIGEST  SIZE  WHAT IT IS",
    "rescue  level 1  absent  -          -  small",
  ]);
});

test.each([
  [["verfy"], /there is no `image verfy`/],
  [["constructor"], /there is no `image constructor`/],
  [["build", "rescu"], /there is no image `rescu`/],
  [["remove"], /NAME is missing/],
  [["keys", "remove"], /only `keys add FILE` is known/],
  [["keys", "add"], /only `keys add FILE` is known/],
])("%j is wrong usage", async (argv, message) => {
  const attempt = image.main(argv, recordingTerminal(), never);
  await expect(attempt).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
});
