/**
 * The program that reads a site file for a running server: `node read-site.ts FILE`. Its last line is the answer. What was
 * promoted for the site stands in the store, to which the server has a way of its own.
 */
import { DrybootError } from "../core/errors.ts";
import { loadWritten } from "../site/load.ts";
import type { SiteReading } from "./site-reader.ts";

async function read(file: string): Promise<SiteReading> {
  try {
    return { site: (await loadWritten(file)).site };
  } catch (error) {
    if (!(error instanceof DrybootError)) throw error;
    const { message, code, where, hint, evidence, cause } = error;
    const why = cause instanceof Error ? ` (${cause.message.split("\n", 1)[0]})` : "";
    return { failed: { message: message + why, code, where, hint, evidence } };
  }
}

process.stdout.write(`\n${JSON.stringify(await read(process.argv[2] ?? ""))}\n`);
