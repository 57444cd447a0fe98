import { describe, expect, test } from "vitest";
import { printable } from "./printable.ts";

describe("text from strangers, made printable", () => {
  test.each([
    ["plain stays", "boot.ipxe", "boot.ipxe"],
    ["escape sequences lose their teeth", "\x1b[31mred\x07", "?[31mred?"],
    ["lines become one", "a\r\nb", "a??b"],
    ["letters beyond ASCII stay", "größe", "größe"],
  ])("%s", (_, text, printed) => expect(printable(text)).toBe(printed));

  test("long text is cut and says so", () => expect(printable("x".repeat(300), 10)).toBe("xxxxxxxxx…"));
});
