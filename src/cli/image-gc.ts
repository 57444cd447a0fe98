import { storeFolder } from "../core/folders.ts";
import { formatSize, parseDuration } from "../core/units.ts";
import { collect } from "../images/collect.ts";
import type { Judged } from "../images/gc.ts";
import { usageError } from "./flags.ts";
import type { ImageFlags } from "./image-choice.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** `dryboot image gc`: makes room, and says for each thing why it went. */
export async function gc(
  names: readonly string[],
  { dryRun, olderThan, json }: ImageFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (names.length > 0)
    throw usageError(
      "gc takes no names",
      "dryboot image gc",
      "`dryboot image remove NAME` removes one image",
    );
  const olderThanMs = parseDuration(olderThan);
  if (olderThanMs === undefined)
    throw usageError(
      `\`${olderThan}\` is no time`,
      "--older-than",
      "write a number with its unit, such as 30d or 12h",
    );
  const judged = await collect(storeFolder(), { dryRun, olderThanMs, signal });
  if (json) {
    for (const { what, keep, why } of judged) terminal.out(JSON.stringify({ ...what, keep, why, dryRun }));
    return;
  }
  for (const line of formatCollected(judged, { dryRun, width: terminal.columns })) terminal.out(line);
}

/** What went, or would go; of what stays only how much it is. */
export function formatCollected(
  judged: readonly Judged[],
  { dryRun, width }: { dryRun: boolean; width: number },
): string[] {
  const gone = judged.filter(({ keep }) => !keep);
  const sum = (some: readonly Judged[]) =>
    formatSize(some.reduce((all, { what }) => all + what.sizeBytes, 0));
  const rows = gone.map(({ what, why }) => [what.kind, what.name, formatSize(what.sizeBytes), why]);
  const heads = ["KIND", "NAME", "SIZE", "WHY"];
  const verb = dryRun ? "would go" : "went";
  const stays = judged.filter(({ keep }) => keep);
  return [
    ...(rows.length > 0 ? table([heads, ...rows], { right: [2], width }) : []),
    `${gone.length} ${verb}, ${sum(gone)}; ${stays.length} ${stays.length === 1 ? "stays" : "stay"}, ${sum(stays)}`,
  ];
}
