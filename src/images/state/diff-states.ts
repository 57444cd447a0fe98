import { createHash } from "node:crypto";
import type { StateEntry } from "./check-state.ts";
import { readState } from "./check-state.ts";
import type { LineChange } from "./line-diff.ts";
import { lineDiff } from "./line-diff.ts";
import { isSecretFile, maskedLine } from "./secret-text.ts";

/** One path that is not the same in two states. */
export type StateChange = Readonly<{
  path: string;
  how: "added" | "removed" | "changed";
  /** What about it: `content`, `mode 644 -> 600`. */
  says: readonly string[];
  /** Of a small text, secrets hidden. */
  lines?: readonly LineChange[];
}>;

type Side = StateEntry & { text?: string };

/** Longer files are compared by their digests. */
const longestText = 64 * 1024;

/** What is different in two archives, by path. Nothing that looks like a secret is in it. */
export async function diffStates(
  before: string | Uint8Array,
  after: string | Uint8Array,
): Promise<StateChange[]> {
  const [old, fresh] = [await sidesOf(before), await sidesOf(after)];
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].sort();
  return paths.flatMap((path) => changeOf(path, old.get(path), fresh.get(path)) ?? []);
}

async function sidesOf(archive: string | Uint8Array): Promise<Map<string, Side>> {
  const sides = new Map<string, Side>();
  await readState(archive, async ({ pax: _, device: __, ...entry }, content) => {
    const hash = createHash("sha256");
    const kept: Uint8Array[] = [];
    for await (const chunk of content) {
      hash.update(chunk);
      if (entry.sizeBytes <= longestText) kept.push(Buffer.from(chunk));
    }
    const text = entry.sizeBytes <= longestText ? textOf(Buffer.concat(kept)) : undefined;
    sides.set(entry.path, {
      ...entry,
      ...(entry.type === "file" ? { sha256: hash.digest("hex") } : {}),
      ...(text === undefined ? {} : { text }),
    });
  });
  return sides;
}

/** Undefined for what is no text. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function changeOf(path: string, old: Side | undefined, fresh: Side | undefined): StateChange | undefined {
  if (!old || !fresh) {
    const only = old ?? fresh;
    const how = old ? "removed" : "added";
    return only && { path, how, says: [describeEntry(only)], ...linesIn(path, old, fresh) };
  }
  const says = differences(old, fresh);
  return says.length === 0 ? undefined : { path, how: "changed", says, ...linesIn(path, old, fresh) };
}

function differences(old: Side, fresh: Side): string[] {
  const was = (name: string, before: string | number, after: string | number) =>
    before === after ? [] : [`${name} ${before} -> ${after}`];
  return [
    ...was("kind", old.type, fresh.type),
    ...was("mode", old.mode.toString(8), fresh.mode.toString(8)),
    ...was("owner", `${old.uid}:${old.gid}`, `${fresh.uid}:${fresh.gid}`),
    ...was("target", old.target ?? "", fresh.target ?? ""),
    ...(old.sha256 === fresh.sha256 || old.type !== fresh.type ? [] : ["content"]),
  ];
}

function describeEntry({ type, mode, target, sizeBytes }: Side): string {
  if (target !== undefined) return `${type} to ${target}`;
  return `${type} ${mode.toString(8)}${type === "file" ? `, ${sizeBytes} bytes` : ""}`;
}

function linesIn(path: string, old?: Side, fresh?: Side): { lines?: readonly LineChange[] } {
  const [before, after] = [old ? old.text : "", fresh ? fresh.text : ""];
  const same = old?.sha256 === fresh?.sha256;
  if (same || isSecretFile(path) || before === undefined || after === undefined) return {};
  const changes = lineDiff(before, after);
  return changes ? { lines: changes.map(({ sign, line }) => ({ sign, line: maskedLine(line) })) } : {};
}
