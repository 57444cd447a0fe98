import { basename } from "node:path";
import { formatSize } from "../core/units.ts";
import type { ImageFile, ImageInput, ImageManifest } from "./manifest.ts";

type Compared = Pick<ImageManifest, "name" | "level" | "digest" | "kernel" | "inputs" | "commandLine"> &
  Readonly<{ initrds: readonly ImageFile[]; files: readonly ImageFile[] }>;

const signedBy = " signed by";

/** Two builds of one image beside each other: a row for each thing that differs, and the name of what it is. */
export function differenceOf(old: Compared, now: Compared): [what: string, old: string, now: string][] {
  const partsOf = ({ kernel, initrds, files }: Compared) => [
    ["kernel", sayFile(kernel)],
    ...initrds.map((file, at) => [at === 0 ? "initrd" : `initrd ${at + 1}`, sayFile(file)]),
    ...files.map((file) => [file.name, sayFile(file)]),
  ];
  const told = (image: Compared): Map<string, string> =>
    new Map([
      ["image", image.name],
      ["level", String(image.level)],
      ["digest", image.digest.slice(0, 12)],
      ...image.inputs.flatMap(toldOfInput),
      ...partsOf(image).map(([what = "", says = ""]): [string, string] => [what, says]),
    ]);
  const [before, after] = [told(old), told(now)];
  const words = [old, now].map(({ commandLine }) => new Set(commandLine.split(" ")));
  const [gone = new Set(), come = new Set()] = words;
  before.set("command line", [...gone.difference(come)].join(" "));
  after.set("command line", [...come.difference(gone)].join(" "));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((what): [string, string, string][] => {
    const [one = "-", other = "-"] = [before.get(what), after.get(what)];
    // Who vouches for it is said of both, also where it is the same.
    return one === other && !what.endsWith(signedBy) ? [] : [[what, one || "-", other || "-"]];
  });
}

/** Of what comes from a mirror, the version is in its name: only what stands before that says that two are the same. */
function toldOfInput(input: ImageInput): [string, string][] {
  if ("package" in input) return [[input.package, `${input.version} (sha256 ${input.sha256.slice(0, 12)})`]];
  const file = basename(input.url);
  const [kind = file] = file.split(/-\d/, 1);
  return [
    [kind, file],
    [`${kind} size`, formatSize(input.sizeBytes)],
    [`${kind} sha256`, input.sha256.slice(0, 12)],
    [`${kind}${signedBy}`, input.signedBy ?? "nobody: held to its published digest"],
  ];
}

function sayFile({ name, sizeBytes, sha256 }: ImageFile): string {
  return `${name}, ${formatSize(sizeBytes)} (sha256 ${sha256.slice(0, 12)})`;
}
