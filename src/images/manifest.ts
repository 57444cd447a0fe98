import { createHash } from "node:crypto";
import * as z from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
// A name is also a file's in the image's folder and a URL's last part: nothing that could leave either.
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
const file = z.strictObject({ name: fileName, sha256, sizeBytes: z.int().min(0) });
const debianPackage = z.strictObject({
  package: z.string(),
  version: z.string(),
  sha256,
  sizeBytes: z.int().min(0).optional(),
});
const fetchedFile = z.strictObject({
  url: z.string(),
  sha256,
  /** Where the mirror publishes that one. */
  sha512: z
    .string()
    .regex(/^[0-9a-f]{128}$/)
    .optional(),
  sizeBytes: z.int().min(0),
  /** Whose signature vouches for it. */
  signedBy: z.string().optional(),
});

/** What an image was made from, of either kind. */
export const inputSchema = z.union([debianPackage, fetchedFile]);

/** How much of an image is the real thing (design.md §10). */
export const levelSchema = z.union([z.literal(1), z.literal(2), z.literal(3)]);

/** `manifest.json` of an image: what it consists of, and what it was made from. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  level: levelSchema,
  kernel: file,
  initrds: z.array(file),
  /** What the kernel or its userland fetches from the site after it was started. */
  files: z.array(file),
  /** What the kernel is told unless a site says otherwise; `{files}` is the URL `files` are served under. */
  commandLine: z.string(),
  inputs: z.array(inputSchema),
  /** Of the recipe it was built by. */
  recipe: sha256,
  /** Over all of the above: same inputs and recipe, same digest. */
  digest: sha256,
  builtAt: z.iso.datetime(),
  /** How long that took here, downloads included. */
  buildSeconds: z.number().min(0).optional(),
});

export type ImageManifest = z.infer<typeof manifestSchema>;
export type ImageFile = z.infer<typeof file>;
export type ImageInput = ImageManifest["inputs"][number];
export type ImageLevel = ImageManifest["level"];

/** What of a manifest is the same wherever and whenever the image is built. */
export type ImageContent = Omit<ImageManifest, "digest" | "builtAt" | "buildSeconds">;

/** The digest of an image: of everything in its manifest but when it was built, and in what time. */
export function manifestDigest(manifest: ImageContent): string {
  const { format, name, level, kernel, initrds, files, commandLine, inputs, recipe } = manifest;
  const ofFile = (one: ImageFile) => [one.name, one.sha256, one.sizeBytes];
  const told = [
    ...[format, name, level, ofFile(kernel), initrds.map(ofFile), files.map(ofFile), commandLine],
    ...[inputs.map(toldOfInput), recipe],
  ];
  return createHash("sha256").update(JSON.stringify(told)).digest("hex");
}

/** An input as a person reads it. */
export function sayInput(input: ImageInput): string {
  if ("package" in input) return `${input.package} ${input.version}`;
  return `${input.url}${input.signedBy === undefined ? "" : `, signed by ${input.signedBy}`}`;
}

/** More than this many are counted, not named: `dryboot image list --json` names them. */
const namedInputs = 8;

/** All inputs as a person reads them; those of a whole system by who vouches for them. */
export function sayInputs(inputs: readonly ImageInput[]): string[] {
  if (inputs.length <= namedInputs) return inputs.map(sayInput);
  const counted = new Map<string, number>();
  for (const input of inputs) {
    const { hostname = "" } = "url" in input ? (URL.parse(input.url) ?? {}) : {};
    const from = "package" in input ? "packages" : `files${hostname && ` of ${hostname}`}`;
    const kind = "signedBy" in input && input.signedBy ? `${from}, signed by ${input.signedBy}` : from;
    counted.set(kind, (counted.get(kind) ?? 0) + 1);
  }
  return [...counted].map(([kind, count]) => `${count} ${kind}`);
}

function toldOfInput(input: ImageInput): unknown[] {
  if ("package" in input) return [input.package, input.version, input.sha256];
  // Not where it came from: the same bytes of another mirror are the same image.
  return [input.sha256, input.sizeBytes, input.signedBy ?? ""];
}
