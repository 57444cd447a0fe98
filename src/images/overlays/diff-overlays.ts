import type { OverlayEntry, OverlayFile, OverlayTree } from "./overlay.ts";
import { secretsOf, sizeOf } from "./overlay.ts";

/** One path at which two overlays differ. */
export type OverlayDifference = Readonly<{
  path: string;
  change: "only in the first" | "only in the second" | "changed" | "not compared";
  /** What is different, in words. Never what a file holds: it may be a secret. */
  says: readonly string[];
}>;

/** Where two overlays differ, by path. A folder that one of them only implies is none. */
export function diffOverlays(one: OverlayTree, other: OverlayTree): OverlayDifference[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.flatMap((path): OverlayDifference[] => {
    const [first, second] = [one.get(path), other.get(path)];
    if (first && second) return differences(path, first, second);
    const [only, rest] = first ? [first, other] : [second, one];
    if (only?.kind === "folder" && [...rest.keys()].some((below) => below.startsWith(`${path}/`))) return [];
    return [{ path, change: first ? "only in the first" : "only in the second", says: [] }];
  });
}

function differences(path: string, first: OverlayEntry, second: OverlayEntry): OverlayDifference[] {
  if (first.kind !== second.kind) {
    return [{ path, change: "changed", says: [`a ${first.kind} is a ${second.kind}`] }];
  }
  const owner = ({ uid, gid }: OverlayEntry) => `${uid}:${gid}`;
  const mode = (entry: OverlayEntry) => entry.mode.toString(8).padStart(4, "0");
  const says = [
    // Nobody heeds the permissions of a link.
    ...(first.kind !== "link" && mode(first) !== mode(second)
      ? [`mode ${mode(first)} is ${mode(second)}`]
      : []),
    ...(owner(first) === owner(second) ? [] : [`owner ${owner(first)} is ${owner(second)}`]),
    ...(first.kind === "link" && second.kind === "link" && first.target !== second.target
      ? [`-> ${first.target} is -> ${second.target}`]
      : []),
    ...(first.kind === "file" && second.kind === "file" ? ofContent(first, second) : []),
  ];
  if (says.length > 0) return [{ path, change: "changed", says }];
  if (first.kind !== "file" || second.kind !== "file" || isComparable(first, second)) return [];
  return [{ path, change: "not compared", says: ["one of them holds a secret that is filled in later"] }];
}

function ofContent(first: OverlayFile, second: OverlayFile): string[] {
  if (!isComparable(first, second) || textOf(first).equals(textOf(second))) return [];
  return [`content of ${sizeOf(first)} bytes is another of ${sizeOf(second)} bytes`];
}

/** Files with the same secrets are compared by where these stand. */
function isComparable(first: OverlayFile, second: OverlayFile): boolean {
  return JSON.stringify(secretsOf(first)) === JSON.stringify(secretsOf(second));
}

function textOf({ content }: OverlayFile): Buffer {
  return Buffer.concat(
    content.map((piece) => ("secret" in piece ? Buffer.from(`\0${piece.secret}\0`) : piece)),
  );
}
