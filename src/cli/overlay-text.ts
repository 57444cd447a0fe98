import { relative } from "node:path";
import { printable } from "../core/printable.ts";
import { formatSize } from "../core/units.ts";
import type { OverlayDifference } from "../images/overlays/diff-overlays.ts";
import type { OverlayEntry, OverlayTree } from "../images/overlays/overlay.ts";
import { secretsIn, secretsOf, sizeOf } from "../images/overlays/overlay.ts";
import { table } from "./table.ts";

/** A level of the site that adds to an overlay. */
export type ShownLayer = Readonly<{ name: string; folder: string }>;

/** What a machine's overlay consists of; `folder` is that of the site. */
export function overlayText(
  machine: string,
  tree: OverlayTree,
  layers: readonly ShownLayer[],
  folder: string,
): string[] {
  const secrets = secretsIn(tree);
  return [
    `${machine} has an overlay of ${layers.length === 1 ? "one layer" : `${layers.length} layers`}:`,
    ...table(
      layers.map((layer) => [layer.name, relative(folder, layer.folder) || "."]),
      { indent: "  " },
    ),
    "",
    ...table(
      [...tree.values()].map((entry) => [
        modeOf(entry),
        `${entry.uid}:${entry.gid}`,
        sizeText(entry),
        shownPath(entry),
        entry.layer,
      ]),
    ),
    ...(secrets.length === 0
      ? []
      : ["", `filled in when ${machine} asks, once in each boot: ${secrets.join(", ")}`]),
  ];
}

/** The same for programs: what files hold is left out. */
export function entryAsJson(entry: OverlayEntry): object {
  const { path, kind, uid, gid, layer } = entry;
  return {
    ...{ path, kind, mode: modeOf(entry), uid, gid, layer },
    ...(entry.kind === "link" ? { target: entry.target } : {}),
    ...(entry.kind === "file" ? { sizeBytes: sizeOf(entry), secrets: secretsOf(entry) } : {}),
  };
}

const marks: Readonly<Record<OverlayDifference["change"], string>> = {
  "only in the first": "-",
  "only in the second": "+",
  changed: "~",
  "not compared": "?",
};

export function differenceText(differences: readonly OverlayDifference[]): string[] {
  return differences.map(({ path, change, says }) =>
    [
      marks[change],
      printable(path),
      ...(says.length === 0 ? [] : [`(${says.map((one) => printable(one)).join("; ")})`]),
    ].join(" "),
  );
}

function shownPath(entry: OverlayEntry): string {
  const path = `/${printable(entry.path)}${entry.kind === "folder" ? "/" : ""}`;
  return entry.kind === "link" ? `${path} -> ${printable(entry.target)}` : path;
}

function sizeText(entry: OverlayEntry): string {
  if (entry.kind !== "file") return "";
  return secretsOf(entry).length > 0 ? "with a secret" : formatSize(sizeOf(entry));
}

function modeOf({ mode }: OverlayEntry): string {
  return mode.toString(8).padStart(4, "0");
}
