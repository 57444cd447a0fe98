import { join } from "node:path";
import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import type { Site } from "../site/schema.ts";

/** What `read-site.ts` prints. */
export type SiteReading =
  | { site: Site }
  | { failed: { message: string; code: string; where: string; hint: string; evidence: readonly string[] } };

const timeoutMs = 20_000;

/**
 * Reads a site file in a process of its own. A module is imported once per process, so that only a new one sees a
 * changed file and what it imports; and a file that runs for ever, or ends its process, costs the server nothing.
 */
export async function readSiteAnew(file: string, signal: AbortSignal): Promise<Site> {
  const printed = await run(process.execPath, [join(import.meta.dirname, "read-site.ts"), file], {
    signal,
    timeoutMs,
    hint: "the server's user must be able to read the site file, and this program: make them readable, or name another --user",
  });
  const reading = JSON.parse(printed.slice(printed.lastIndexOf("\n") + 1)) as SiteReading;
  if ("site" in reading) return reading.site;
  const { message, ...at } = reading.failed;
  throw new DrybootError(message, at);
}
