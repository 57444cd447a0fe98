import { describe, expect, test } from "vitest";
import { codePage437 } from "./code-page-437.ts";
import { fontsIn } from "./font.ts";

const face = "00007e81a58181bd9981817e00000000";

/** A font as a VGA BIOS carries it, with pictures that no other character has. */
function pcFont(): Buffer {
  const pictures = codePage437.map((_, code) => {
    const picture = Buffer.alloc(16);
    if (code === 1) return Buffer.from(face, "hex");
    if (![0, 0x20, 0xff].includes(code)) picture.writeUInt16BE(code, 5);
    return picture;
  });
  return Buffer.concat(pictures);
}

function efiGlyph(code: number, row: number): Buffer {
  const glyph = Buffer.alloc(22);
  glyph.writeUInt16LE(code, 0);
  glyph.writeUInt8(row, 3 + 7);
  return glyph;
}

describe("finding fonts in a machine's memory", () => {
  test("the code page has its 256 characters", () => {
    expect(codePage437).toHaveLength(256);
    expect([codePage437[0x41], codePage437[0xc9], codePage437[0xdb], codePage437[0x1b]]).toEqual([
      ...["A", "╔", "█", "←"],
    ]);
  });

  test("a VGA BIOS's is found wherever it lies, and the blank is a blank", () => {
    const [font, another] = fontsIn(Buffer.concat([Buffer.alloc(1234, 0xee), pcFont(), Buffer.alloc(99, 1)]));
    expect(another).toBeUndefined();
    expect(font?.height).toBe(16);
    expect(font?.characters.get("\0".repeat(16))).toBe(" ");
    expect(font?.characters.get(`${"\0".repeat(6)}A${"\0".repeat(9)}`)).toBe("A");
    expect(font?.characters.get(Buffer.from(face, "hex").toString("latin1"))).toBe("☺");
  });

  test("UEFI's is found with its own codes, up to where they end", () => {
    const memory = Buffer.concat([
      ...[Buffer.alloc(77, 0xee), efiGlyph(0x20, 0), efiGlyph(0x21, 0x18), efiGlyph(0x2554, 0x3f)],
      ...[efiGlyph(0, 0), efiGlyph(0x41, 0x77)],
    ]);
    const [font] = fontsIn(memory);
    const picture = (row: number) => `${"\0".repeat(7)}${String.fromCharCode(row)}${"\0".repeat(11)}`;
    expect(font?.height).toBe(19);
    expect([0x18, 0x3f, 0x77].map((row) => font?.characters.get(picture(row)))).toEqual([
      "!",
      "╔",
      undefined,
    ]);
  });

  test("memory without a font, and one that is cut off, have none", () => {
    expect(fontsIn(Buffer.alloc(4096, 0x55))).toEqual([]);
    expect(fontsIn(pcFont().subarray(0, 4000))).toEqual([]);
  });
});
