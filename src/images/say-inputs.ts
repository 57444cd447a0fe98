import type { ImageInput } from "./manifest.ts";
import { sayInput } from "./manifest.ts";

/** What an image was made from, in short: what came from one folder by one signer is counted. */
export function sayInputs(inputs: readonly ImageInput[]): string {
  const said = new Map<string, { count: number; alone: string }>();
  for (const input of inputs) {
    const alone = sayInput(input);
    const key = "package" in input ? alone : `${folderOf(input.url)}${signed(input.signedBy)}`;
    said.set(key, { count: (said.get(key)?.count ?? 0) + 1, alone });
  }
  return [...said]
    .map(([key, { count, alone }]) => (count === 1 ? alone : `${count} files of ${key}`))
    .join("; ");
}

const folderOf = (url: string) => url.slice(0, url.lastIndexOf("/"));
const signed = (by: string | undefined) => (by === undefined ? "" : `, signed by ${by}`);
