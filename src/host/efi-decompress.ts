import { DecodeError } from "../core/errors.ts";

/**
 * The compression of UEFI option ROMs (UEFI specification 2.10, §19: a Lempel-Ziv stream whose parts are Huffman coded).
 * Only the way back is needed: to look at what a ROM really holds.
 */

const literals = 256;
const shortestMatch = 3;
const charLengthSymbols = 510;
const positionSymbols = 14;
const extraSymbols = 19;
const largestOutput = 16 * 2 ** 20; // an option ROM image has at most 32 MiB; a header that promises more than this lies

/** The original bytes; `DecodeError` for anything that is not such a stream. */
export function efiDecompress(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 8) throw new DecodeError("efi stream", 0, "shorter than its header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const compressedBytes = view.getUint32(0, true);
  const originalBytes = view.getUint32(4, true);
  if (compressedBytes + 8 > bytes.length) throw new DecodeError("efi stream", 0, "longer than what holds it");
  if (originalBytes > largestOutput) throw new DecodeError("efi stream", 4, "promises too much");
  return inflate(new BitReader(bytes.subarray(8, 8 + compressedBytes)), originalBytes);
}

function inflate(bits: BitReader, originalBytes: number): Uint8Array {
  const output = new Uint8Array(originalBytes);
  let written = 0;
  while (written < originalBytes) {
    let left = bits.take(16) || 0x1_0000; // symbols in this block; as in LHA, 0 stands for what does not fit
    const extra = readLengths(bits, extraSymbols, 5, 3);
    const charLength = readCharLengths(bits, extra);
    const position = readLengths(bits, positionSymbols, 4);
    for (; left > 0 && written < originalBytes; left--) {
      const symbol = charLength.decode(bits);
      if (symbol < literals) {
        output[written++] = symbol;
        continue;
      }
      const from = written - distance(bits, position);
      if (from < 0) throw new DecodeError("efi stream", bits.offset, "refers to before its beginning");
      const end = Math.min(originalBytes, written + symbol - literals + shortestMatch);
      // One by one: a match may overlap what it writes.
      for (let at = from; written < end; at++) output[written++] = output[at] ?? 0;
    }
  }
  return output;
}

/** A position is sent as its number of bits and, after the leading one, the bits. */
function distance(bits: BitReader, position: HuffmanCode): number {
  const width = position.decode(bits);
  return 1 + (width <= 1 ? width : 2 ** (width - 1) + bits.take(width - 1));
}

/** Code lengths of a small alphabet: three bits each, longer ones in unary; after `gapAt` symbols, a run of unused ones. */
function readLengths(bits: BitReader, symbols: number, countBits: number, gapAt?: number): HuffmanCode {
  const count = bits.take(countBits);
  if (count === 0) return HuffmanCode.always(bits.take(countBits));
  if (count > symbols) throw new DecodeError("efi stream", bits.offset, "has too many code lengths");
  const lengths: number[] = [];
  while (lengths.length < count) {
    let length = bits.take(3);
    if (length === 7) while (bits.take(1) === 1) length++;
    lengths.push(length);
    if (lengths.length === gapAt) for (let unused = bits.take(2); unused > 0; unused--) lengths.push(0);
  }
  return HuffmanCode.of(lengths, bits.offset);
}

/** Code lengths of literals and match lengths, themselves coded: 0 to 2 are runs of unused symbols. */
function readCharLengths(bits: BitReader, extra: HuffmanCode): HuffmanCode {
  const count = bits.take(9);
  if (count === 0) return HuffmanCode.always(bits.take(9));
  const lengths: number[] = [];
  while (lengths.length < count) {
    const symbol = extra.decode(bits);
    if (symbol > 2) {
      lengths.push(symbol - 2);
      continue;
    }
    const run = symbol === 0 ? 1 : symbol === 1 ? bits.take(4) + 3 : bits.take(9) + 20;
    for (let unused = run; unused > 0; unused--) lengths.push(0);
  }
  if (lengths.length > charLengthSymbols)
    throw new DecodeError("efi stream", bits.offset, "has too many code lengths");
  return HuffmanCode.of(lengths, bits.offset);
}

/** A canonical code: shorter codes first, symbols of one length in order. */
class HuffmanCode {
  readonly #only: number | undefined;
  /** How many symbols have each length. */
  readonly #counts: readonly number[];
  /** Symbols in order of their codes. */
  readonly #symbols: readonly number[];

  private constructor(counts: readonly number[], symbols: readonly number[], only?: number) {
    this.#counts = counts;
    this.#symbols = symbols;
    this.#only = only;
  }

  /** A code of one symbol takes no bits at all. */
  static always(symbol: number): HuffmanCode {
    return new HuffmanCode([], [], symbol);
  }

  static of(lengths: readonly number[], offset: number): HuffmanCode {
    const counts = new Array<number>(17).fill(0);
    for (const length of lengths) {
      if (length > 16) throw new DecodeError("efi stream", offset, "has a code of more than 16 bits");
      if (length > 0) counts[length] = (counts[length] ?? 0) + 1;
    }
    const used = lengths.map((length, symbol) => ({ length, symbol })).filter(({ length }) => length > 0);
    used.sort((one, other) => one.length - other.length || one.symbol - other.symbol);
    return new HuffmanCode(
      counts,
      used.map(({ symbol }) => symbol),
    );
  }

  decode(bits: BitReader): number {
    if (this.#only !== undefined) return this.#only;
    let code = 0;
    let first = 0; // the first code of this length
    let before = 0; // symbols with shorter codes
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | bits.take(1);
      const count = this.#counts[length] ?? 0;
      if (code - first < count) return this.#symbols[before + code - first] ?? 0;
      first = (first + count) << 1;
      before += count;
    }
    throw new DecodeError("efi stream", bits.offset, "holds a code that stands for nothing");
  }
}

/** Most significant bit first. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#at >> 3;
  }

  take(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left--) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new DecodeError("efi stream", this.offset, "ends too early");
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at++;
    }
    return value;
  }
}
