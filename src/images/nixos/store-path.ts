import { createHash } from "node:crypto";

/** Nix's 32 letters: those of base 32 that spell no words. */
const letters = "0123456789abcdfghijklmnpqrsvwxyz";

/**
 * A path with the shape of one in a Nix store: its hash changes with what it is made from. It is no hash that Nix would
 * compute, because no Nix has built what is there.
 */
export function standInStorePath(name: string, madeFrom: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of madeFrom) hash.update(createHash("sha256").update(part).digest());
  const bits = BigInt(`0x${hash.digest("hex").slice(0, 40)}`); // 160 of them, as in Nix
  const hashed = Array.from({ length: 32 }, (_, at) => letters[Number((bits >> BigInt(at * 5)) & 31n)]);
  return `/nix/store/${hashed.join("")}-${name}`;
}
