import { codePage437 } from "./code-page-437.ts";

/** A fixed font of 8 pixels' width: which picture is which character. */
export interface Font {
  height: number;
  /** By the bytes of the picture, one per row of pixels, most significant bit left, as a string of that many characters. */
  characters: ReadonlyMap<string, string>;
}

/**
 * The fonts a machine draws with, found in its memory: no font comes with us, and none has to be guessed from the
 * firmware's version.
 */
export function fontsIn(memory: Buffer): Font[] {
  return [pcFont(memory), efiFont(memory)].filter((font) => font !== undefined);
}

/** The PC's: 256 pictures of 16 rows in the order of the code page, as a VGA BIOS carries them. */
function pcFont(memory: Buffer): Font | undefined {
  const begin = memory.indexOf(beginOfPcFont);
  if (begin < 0 || begin + 256 * 16 > memory.length) return undefined;
  return fontOf(
    16,
    codePage437.map((character, code) => [character, begin + code * 16]),
    memory,
  );
}

/** Its first two pictures: nothing, and a face. */
const beginOfPcFont = Buffer.from(`${"00".repeat(18)}7e81a58181bd9981817e00000000`, "hex");

/** UEFI's narrow glyphs (UEFI Specification §34.3.2, EFI_NARROW_GLYPH): a UTF-16 code, attributes, 19 rows. */
const narrowGlyph = { sizeBytes: 22, height: 19, pictureAt: 3 } as const;

function efiFont(memory: Buffer): Font | undefined {
  const begin = memory.indexOf(beginOfEfiFont);
  if (begin < 0) return undefined;
  const glyphs: [string, number][] = [];
  let last = 0;
  for (let at = begin; at + narrowGlyph.sizeBytes <= memory.length; at += narrowGlyph.sizeBytes) {
    const code = memory.readUInt16LE(at);
    // In ascending order; a zero ends the table.
    if (code <= last) break;
    glyphs.push([String.fromCharCode(code), at + narrowGlyph.pictureAt]);
    last = code;
  }
  return fontOf(narrowGlyph.height, glyphs, memory);
}

/** The blank, and the code of what follows it. */
const beginOfEfiFont = Buffer.from(`200000${"00".repeat(19)}210000`, "hex");

/** Where two characters look alike, the plainer one is meant. */
function fontOf(height: number, glyphs: readonly (readonly [string, number])[], memory: Buffer): Font {
  const characters = new Map<string, string>();
  const plainFirst = [...glyphs].sort(([a], [b]) => Number(isPlain(b)) - Number(isPlain(a)));
  for (const [character, at] of plainFirst) {
    const picture = memory.toString("latin1", at, at + height);
    if (!characters.has(picture)) characters.set(picture, character);
  }
  return { height, characters };
}

function isPlain(character: string): boolean {
  return character >= " " && character <= "~";
}
