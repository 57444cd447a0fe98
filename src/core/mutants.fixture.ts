/**
 * Packets with a few random bytes changed, some cut short or drawn out: the same ones every time. Three of four bytes are
 * behind `mostlyFrom`: a header is refused at once, or has fields where anything goes.
 */
export function* mutants(
  originals: readonly Uint8Array[],
  count: number,
  { mostlyFrom = 0 }: { mostlyFrom?: number } = {},
): Generator<Uint8Array> {
  const random = mulberry32(20261121);
  for (let run = 0; run < count; run += 1) {
    const original = originals[run % originals.length] ?? new Uint8Array();
    const bytes = new Uint8Array(original.length + (random(8) === 0 ? random(32) : 0));
    bytes.set(original);
    for (let hits = random(6); hits > 0; hits -= 1) {
      // Lengths, counts and pointers hold small numbers and very large ones.
      const from = mostlyFrom > 0 && random(4) > 0 ? mostlyFrom : 0;
      bytes[from + random(bytes.length - from)] =
        random(3) === 0 ? 0xc0 + random(64) : random(256) >> random(8);
    }
    yield random(6) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
  }
}

/** Whole numbers below a bound, the same ones for the same seed. */
export function mulberry32(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}
