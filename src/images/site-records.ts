import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { writeDurably } from "../core/durable.ts";

const recordSchema = z.strictObject({
  format: z.literal(1),
  file: z.string(),
  /** By their names in the store. */
  images: z.array(z.string()),
});

/** A site file of this machine, and what it named when it was last served, built or locked. */
export type SiteRecord = z.infer<typeof recordSchema>;

/** Notes that a site's file needs these images: they stay in the store as long as that file is there. */
export async function recordSite(store: string, file: string, images: readonly string[]): Promise<void> {
  const record: SiteRecord = { format: 1, file, images: [...new Set(images)].toSorted() };
  const name = createHash("sha256").update(file).digest("hex").slice(0, 16);
  await writeDurably(join(store, "sites", `${name}.json`), `${JSON.stringify(record, null, 2)}\n`);
}

/** The sites whose files are still there; what is noted of others goes. */
export async function siteRecords(store: string): Promise<SiteRecord[]> {
  const folder = join(store, "sites");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]+\.json$/.test(name));
  const records = names.map(async (name) => {
    const text = await readFile(join(folder, name), "utf8");
    const { data } = recordSchema.safeParse(parsed(text));
    const there = data && (await stat(data.file).catch(() => undefined));
    if (data && there?.isFile()) return data;
    await rm(join(folder, name), { force: true }).catch(() => {});
    return undefined;
  });
  return (await Promise.all(records)).filter((record) => record !== undefined);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
