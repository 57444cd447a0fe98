/** Packets with a few random bytes changed, some cut short: the same ones every time. For tests. */
export function* mutants(originals: readonly Uint8Array[], count: number): Generator<Uint8Array> {
  const random = mulberry32(20261120);
  for (let run = 0; run < count; run += 1) {
    const bytes = originals[run % originals.length]?.slice() ?? new Uint8Array();
    for (let hits = 1 + random(8); hits > 0; hits -= 1) {
      // Mostly in the options: a header is either refused at once or has fields where anything goes.
      const at = random(4) === 0 ? random(bytes.length) : 240 + random(bytes.length - 240);
      bytes[at] = random(256);
    }
    yield random(8) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes;
  }
}

function mulberry32(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}
