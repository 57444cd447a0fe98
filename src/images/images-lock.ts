import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { writeDurably } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import type { ImageInput, ImageManifest } from "./manifest.ts";
import { inputSchema, levelSchema, sayInput } from "./manifest.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const entry = z.strictObject({
  /** The image's name in the store. */
  recipe: z.string(),
  level: levelSchema,
  digest,
  inputs: z.array(inputSchema),
});
const lockSchema = z.strictObject({ format: z.literal(1), images: z.record(z.string(), entry) });

type LockableImage = Pick<ImageManifest, "name" | "level" | "digest"> & { inputs: readonly ImageInput[] };

export type LockEntry = z.infer<typeof entry>;

/** The lock beside a site file: `images.lock` for `site.ts` and its like, `NAME.images.lock` for any other `NAME.yaml`. */
export function lockPathOf(siteFile: string): string {
  const stem = basename(siteFile).replace(/\.[^.]+$/, "");
  return join(dirname(siteFile), stem === "site" ? "images.lock" : `${stem}.images.lock`);
}

/**
 * What the images of a site are, written down to be kept with the site: from then on another one is refused. JSON, because
 * a program writes it: in a fixed order for a readable difference, and a digest of digits alone stays a text.
 */
export class ImagesLock {
  readonly path: string;
  readonly #images: Readonly<Record<string, LockEntry>>;
  readonly #accept: string;

  private constructor(path: string, images: Readonly<Record<string, LockEntry>>, accept: string) {
    this.path = path;
    this.#images = images;
    this.#accept = accept;
  }

  /** `accept` is the command that writes it anew. Nothing is locked where there is no such file. */
  static async load(path: string, accept: string): Promise<ImagesLock> {
    const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return undefined;
      throw unreadable(path, `it cannot be read (${cause.code})`, accept);
    });
    if (text === undefined) return new ImagesLock(path, {}, accept);
    try {
      return new ImagesLock(path, lockSchema.parse(JSON.parse(text)).images, accept);
    } catch (cause) {
      const [issue] = cause instanceof z.ZodError ? cause.issues : [];
      const why = issue ? `${issue.path.join(".")}: ${issue.message}` : "it is no JSON";
      throw unreadable(path, why, accept);
    }
  }

  /** The same file as it is now. */
  async again(): Promise<ImagesLock> {
    return await ImagesLock.load(this.path, this.#accept);
  }

  /** What is locked under this name of the site; undefined when nothing is. */
  image(name: string): LockedImage | undefined {
    const locked = Object.hasOwn(this.#images, name) ? this.#images[name] : undefined;
    return locked && new LockedImage(name, locked, { path: this.path, accept: this.#accept });
  }

  /** Writes these images down, in place of what was said of them, or only those of which nothing was said yet. */
  async write(images: ReadonlyMap<string, LockableImage>, which: "all" | "new"): Promise<string[]> {
    const chosen = [...images].filter(([name]) => which === "all" || !Object.hasOwn(this.#images, name));
    if (chosen.length === 0) return [];
    const entries = {
      ...this.#images,
      ...Object.fromEntries(chosen.map(([name, one]) => [name, entryOf(one)])),
    };
    const sorted = Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    await writeDurably(this.path, `${JSON.stringify({ format: 1, images: sorted }, null, 2)}\n`);
    return chosen.map(([name]) => name);
  }
}

/** What one image of a site has to be. */
export class LockedImage {
  readonly #name: string;
  readonly #locked: LockEntry;
  readonly #file: { path: string; accept: string };

  constructor(name: string, locked: LockEntry, file: { path: string; accept: string }) {
    this.#name = name;
    this.#locked = locked;
    this.#file = file;
  }

  /** Before it is built: from what it would be made. */
  checkInputs(inputs: readonly ImageInput[]): void {
    this.#refuse(inputDifferences(this.#locked.inputs, inputs));
  }

  /** As it is in the store. */
  check(image: LockableImage): void {
    const { recipe, level, digest, inputs } = this.#locked;
    const differences = inputDifferences(inputs, image.inputs);
    if (recipe !== image.name) differences.push(`the recipe is ${image.name}, locked is ${recipe}`);
    if (level !== image.level) differences.push(`the level is ${image.level}, locked is ${level}`);
    // The same inputs and another result: the recipe changed, with dryboot or with the site's options.
    if (differences.length === 0 && digest !== image.digest)
      differences.push(`the digest is ${image.digest}, locked is ${digest}: its recipe has changed`);
    this.#refuse(differences);
  }

  #refuse(differences: readonly string[]): void {
    if (differences.length === 0) return;
    throw new DrybootError(`the image \`${this.#name}\` is not the one that is locked`, {
      code: "IMAGE_LOCKED",
      where: this.#file.path,
      evidence: differences,
      hint: `to accept it as it is now: ${this.#file.accept}`,
    });
  }
}

function entryOf({ name, level, digest, inputs }: LockableImage): LockEntry {
  return { recipe: name, level, digest, inputs: [...inputs] };
}

/** What differs between two lists of inputs, each with both values. Where something came from does not count. */
export function inputDifferences(locked: readonly ImageInput[], now: readonly ImageInput[]): string[] {
  const nameOf = (input: ImageInput) => ("package" in input ? input.package : basename(input.url));
  const lockedBy = Map.groupBy(locked, nameOf);
  const nowBy = Map.groupBy(now, nameOf);
  return [...new Set([...lockedBy.keys(), ...nowBy.keys()])].flatMap((name) => {
    const [before = [], after = []] = [lockedBy.get(name), nowBy.get(name)];
    const pairs = Array.from({ length: Math.max(before.length, after.length) }, (_, at) => at);
    return pairs.flatMap((at) => difference(name, before[at], after[at]) ?? []);
  });
}

function difference(name: string, before?: ImageInput, after?: ImageInput): string | undefined {
  if (before === undefined) return `${name} is new: ${after ? saidInFull(after) : ""}`;
  if (after === undefined) return `${name} is gone: locked is ${saidInFull(before)}`;
  if (told(before) === told(after)) return undefined;
  return `${name} is ${saidInFull(after)}, locked is ${saidInFull(before)}`;
}

const told = (input: ImageInput) =>
  "package" in input ? `${input.version} ${input.sha256}` : `${input.sha256} ${input.signedBy ?? ""}`;

function saidInFull(input: ImageInput): string {
  const size = input.sizeBytes === undefined ? "" : `, ${input.sizeBytes} bytes`;
  return `${sayInput(input)} (sha256 ${input.sha256}${size})`;
}

function unreadable(path: string, why: string, accept: string): DrybootError {
  return new DrybootError(`the lock of the images is damaged: ${why}`, {
    code: "IMAGE_LOCK_UNREADABLE",
    where: path,
    hint: `take it back from where you keep the site, or write it anew: ${accept}`,
    exitCode: 2,
  });
}
