import { DrybootError } from "../../core/errors.ts";

/** A part of a file: bytes, or the secret of this name, which is put there when the machine fetches its overlay. */
export type Piece = Uint8Array | Readonly<{ secret: string }>;

type Common = Readonly<{
  /** Below the root of the machine: no slash at the beginning, none at the end. */
  path: string;
  /** Permissions alone. */
  mode: number;
  uid: number;
  gid: number;
  /** The place of the site file that it comes from. */
  layer: string;
}>;

export type OverlayFile = Common & Readonly<{ kind: "file"; content: readonly Piece[] }>;
export type OverlayFolder = Common & Readonly<{ kind: "folder" }>;
export type OverlayLink = Common & Readonly<{ kind: "link"; target: string }>;
export type OverlayEntry = OverlayFile | OverlayFolder | OverlayLink;

/** What is laid over an image, by path, sorted: a folder comes before what is in it. */
export type OverlayTree = ReadonlyMap<string, OverlayEntry>;

/** The secrets that a tree needs before it is whole. */
export function secretsIn(tree: OverlayTree): string[] {
  const names = [...tree.values()].flatMap((entry) => (entry.kind === "file" ? secretsOf(entry) : []));
  return [...new Set(names)].sort();
}

export function secretsOf({ content }: OverlayFile): string[] {
  return content.flatMap((piece) => ("secret" in piece ? [piece.secret] : []));
}

/** How long a file is, as far as that is known without its secrets. */
export function sizeOf({ content }: OverlayFile): number {
  return content.reduce((sum, piece) => sum + ("secret" in piece ? 0 : piece.length), 0);
}

export function overlayError(what: string, where: string, hint: string, cause?: unknown): DrybootError {
  return new DrybootError(what, { code: "OVERLAY_INVALID", where, hint, exitCode: 2, cause });
}
