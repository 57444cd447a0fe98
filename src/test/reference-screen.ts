import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { projectFolder } from "../core/folders.ts";
import type { Comparison } from "../lab/screen/compare.ts";
import { comparePictures, masksOf } from "../lab/screen/compare.ts";
import type { Frame } from "../lab/screen/display.ts";
import type { Picture } from "../lab/screen/picture.ts";
import { decodePicture, encodePicture } from "../lab/screen/picture.ts";
import type { PictureText } from "../lab/screen/read-picture.ts";

/** A screen as it should look, kept beside the scenarios. */
export interface Reference {
  name: string;
  file: string;
  picture: Picture;
  text?: PictureText;
}

export function referenceFile(name: string): string {
  return join(projectFolder, "scenarios/screens", `${name}.png`);
}

/** Reads a reference; undefined when there is none yet. */
export async function loadReference(
  name: string,
  read: (picture: Picture) => Promise<PictureText | undefined>,
): Promise<Reference | undefined> {
  const file = referenceFile(name);
  const png = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (png === undefined) return undefined;
  const picture = decodePicture(png);
  const text = await read(picture);
  return { name, file, picture, ...(text ? { text } : {}) };
}

export async function writeReference(name: string, { picture }: Frame): Promise<void> {
  const file = referenceFile(name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, encodePicture(picture));
}

/** Holds a screen against its reference, but for cursors and the text that `mayDiffer` describes on either. */
export function compareScreen(reference: Reference, frame: Frame, mayDiffer: readonly RegExp[]): Comparison {
  const masks = [reference.text, frame.text].flatMap((text) => (text ? masksOf(text, mayDiffer) : []));
  return comparePictures(reference.picture, frame.picture, masks);
}

export interface DifferencePictures {
  expected: string;
  actual: string;
  difference?: string;
}

/** Writes the three pictures beside each other into the run's folder. */
export async function writeDifference(
  reference: Reference,
  { picture }: Frame,
  { difference }: Comparison,
  file: (name: string) => string,
): Promise<DifferencePictures> {
  const write = async (what: string, shown: Picture) => {
    const path = file(`${reference.name}.${what}.png`);
    await writeFile(path, encodePicture(shown));
    return path;
  };
  return {
    expected: await write("expected", reference.picture),
    actual: await write("actual", picture),
    ...(difference ? { difference: await write("difference", difference) } : {}),
  };
}

export function screenDiffers(
  machine: string,
  reference: Reference,
  frame: Frame,
  { differentPixels }: Comparison,
  pictures: DifferencePictures,
): DrybootError {
  const { width, height } = frame.picture;
  const asked = `${reference.picture.width} x ${reference.picture.height}`;
  const says = pictures.difference
    ? `${differentPixels} pixels of its screen are not as in ${reference.name}.png`
    : `its screen has ${width} x ${height} pixels, ${reference.name}.png has ${asked}`;
  return new DrybootError(`${machine}: ${says}`, {
    code: "SCREEN_DIFFERS",
    where: reference.file,
    evidence: [
      ...differentRows(reference.text?.rows ?? [], frame.text?.rows ?? []),
      ...Object.entries(pictures).map(([what, path]) => `${what}: ${path}`),
    ],
    hint: "look at the pictures; if the new screen is right, `./dryboot test --update NAME` keeps it",
  });
}

export function referenceMissing(machine: string, name: string, actual: string): DrybootError {
  return new DrybootError(`${machine}: there is no ${name}.png to hold its screen against`, {
    code: "SCREEN_WITHOUT_REFERENCE",
    where: referenceFile(name),
    evidence: [`actual: ${actual}`],
    hint: "look at the picture; if it is right, `./dryboot test --update NAME` keeps it",
  });
}

/** The first rows of text that differ, as a diff. */
function differentRows(expected: readonly string[], actual: readonly string[]): string[] {
  const rows = Array.from({ length: Math.max(expected.length, actual.length) }, (_, row) => row);
  return rows
    .filter((row) => (expected[row] ?? "") !== (actual[row] ?? ""))
    .flatMap((row) => [
      `row ${row + 1}, expected: ${expected[row] ?? ""}`,
      `row ${row + 1}, actual:   ${actual[row] ?? ""}`,
    ])
    .slice(0, 8);
}
