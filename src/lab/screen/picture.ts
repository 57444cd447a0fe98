import { PNG } from "pngjs";
import { DecodeError } from "../../core/errors.ts";

/** A picture of a screen: one 32-bit number per pixel, row by row. */
export interface Picture {
  width: number;
  height: number;
  pixels: Uint32Array;
}

export function decodePicture(png: Buffer): Picture {
  const { width, height, data } = PNG.sync.read(png);
  return { width, height, pixels: new Uint32Array(new Uint8Array(data).buffer) };
}

/** QEMU's fastest format, PPM: `P6`, width, height and 255 in words, then three bytes per pixel. */
export function decodePpm(bytes: Buffer): Picture {
  const [header = "", width, height] =
    /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString("latin1", 0, 64)) ?? [];
  const size = { width: Number(width), height: Number(height) };
  if (header === "" || bytes.length !== header.length + size.width * size.height * 3) {
    throw new DecodeError("PPM", 0, "QEMU's picture of the screen is not whole");
  }
  const pixels = new Uint32Array(size.width * size.height);
  const rgba = new Uint8Array(pixels.buffer).fill(255);
  for (let from = header.length, to = 0; from < bytes.length; from += 3, to += 4) {
    rgba[to] = bytes[from] ?? 0;
    rgba[to + 1] = bytes[from + 1] ?? 0;
    rgba[to + 2] = bytes[from + 2] ?? 0;
  }
  return { ...size, pixels };
}

export function encodePicture(picture: Picture): Buffer {
  const png = new PNG({ width: picture.width, height: picture.height });
  png.data.set(bytesOf(picture));
  return PNG.sync.write(png);
}

/** Red, green, blue, alpha of each pixel. */
export function bytesOf({ pixels }: Picture): Uint8Array {
  return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
}

const colours = new Map<number, string>();

/** `rrggbb` */
export function colourOf(pixel: number): string {
  let colour = colours.get(pixel);
  if (colour === undefined) {
    colour = Buffer.from(new Uint8Array(Uint32Array.of(pixel).buffer, 0, 3)).toString("hex");
    // A photograph has too many to remember.
    if (colours.size < 1024) colours.set(pixel, colour);
  }
  return colour;
}
