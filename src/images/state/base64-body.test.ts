import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { behindFirstLine, fromBase64 } from "./base64-body.ts";
import { inPieces } from "./states.fixture.ts";

const whole = async (body: AsyncIterable<Uint8Array>) => await buffer(Readable.from(body));

describe("a body behind a token", () => {
  test("is read in whatever pieces it comes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 90 }),
        async (bytes, size) => {
          const lines = Buffer.from(bytes)
            .toString("base64")
            .replaceAll(/(.{76})/g, "$1\n");
          const { line, rest } = await behindFirstLine(inPieces(Buffer.from(`a token\n${lines}\n`), size));
          expect(line).toBe("a token");
          expect(await whole(fromBase64(rest))).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  test.each(["", "a token and no more", "x".repeat(100_000)])(
    "is refused without a first line",
    async (text) => {
      await expect(behindFirstLine(inPieces(Buffer.from(text)))).rejects.toThrow(DecodeError);
    },
  );

  test.each(["a!bc", "=abc", "ab=c", "YQ==YQ==", "YWJj\0", "YWJjZ"])(
    "is refused where it is %j",
    async (text) => {
      await expect(whole(fromBase64(inPieces(Buffer.from(text), 4)))).rejects.toThrow(DecodeError);
    },
  );
});
