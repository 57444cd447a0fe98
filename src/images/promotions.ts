import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { writeDurably } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import { storeFailure } from "../host/store-failure.ts";

// What an upgrade changes of an image; everything else stays as the site says it.
const release = z.strictObject({ branch: z.string(), version: z.string().optional() });

const trial = z.strictObject({
  image: z.enum(["old", "new"]),
  lane: z.string(),
  /** From power-on until it was ready; absent when it did not come up. */
  tookMs: z.number().optional(),
  problem: z.string().optional(),
});

const promotion = z.strictObject({
  /** By the site file. Once that says something else, what was promoted over it counts no more. */
  said: release,
  /** In place of it. */
  current: release.optional(),
  /** What was booted before `current`. */
  previous: release.optional(),
  /** Built and tried, and not yet what machines boot. */
  candidate: z.strictObject({ release, digest: z.string(), trials: z.array(trial) }).optional(),
});

const state = z.strictObject({
  format: z.literal(1),
  file: z.string(),
  images: z.record(z.string(), promotion),
});

export type Release = z.infer<typeof release>;
export type Trial = z.infer<typeof trial>;
export type Promotion = z.infer<typeof promotion>;

/** What a site's images have been upgraded to, kept in the store by the path of the site's file. */
export class Promotions {
  readonly path: string;
  readonly #file: string;

  constructor(store: string, file: string) {
    const name = createHash("sha256").update(file).digest("hex").slice(0, 16);
    this.path = join(store, "promotions", `${name}.json`);
    this.#file = file;
  }

  async load(): Promise<Readonly<Record<string, Promotion>>> {
    const text = await readFile(this.path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    if (text === undefined) return {};
    try {
      return state.parse(JSON.parse(text)).images;
    } catch (cause) {
      if (!(cause instanceof SyntaxError) && !(cause instanceof z.ZodError)) throw cause;
      throw new DrybootError("what was promoted for this site cannot be read", {
        code: "PROMOTIONS_DAMAGED",
        where: this.path,
        hint: "remove that file: the site then boots what its own file says",
      });
    }
  }

  /** Whole or not at all, also after a power cut. */
  async save(image: string, changed: Promotion | undefined): Promise<void> {
    const { [image]: _, ...others } = await this.load();
    const images = changed === undefined ? others : { ...others, [image]: changed };
    const content = { format: 1, file: this.#file, images } satisfies z.infer<typeof state>;
    try {
      await writeDurably(this.path, `${JSON.stringify(content, null, 2)}\n`);
    } catch (error) {
      throw storeFailure(this.path, error);
    }
  }
}

/** What a choice says of its release; undefined for images that have none. */
export function releaseOf(choice: object): Release | undefined {
  if (!("branch" in choice) || typeof choice.branch !== "string") return undefined;
  const version = "version" in choice && typeof choice.version === "string" ? choice.version : undefined;
  return { branch: choice.branch, ...(version === undefined ? {} : { version }) };
}

/** A site's image of another release. */
export function withRelease<Choice extends object>(choice: Choice, { branch, version }: Release): Choice {
  const { version: _, ...rest } = choice as Choice & { version?: string };
  return { ...rest, branch, ...(version === undefined ? {} : { version }) } as Choice;
}

/** What is known of an image whose file says this: nothing of what was promoted over something else. */
export function standing(promotion: Promotion | undefined, said: Release): Promotion {
  return promotion !== undefined && sameRelease(promotion.said, said) ? promotion : { said };
}

/** What is booted: what was promoted, as long as the site's file says what it said then. */
export function promoted<Choice extends object>(choice: Choice, promotion: Promotion | undefined): Choice {
  const said = releaseOf(choice);
  if (promotion?.current === undefined || said === undefined) return choice;
  return sameRelease(said, promotion.said) ? withRelease(choice, promotion.current) : choice;
}

export function sameRelease(a: Release, b: Release): boolean {
  return a.branch === b.branch && a.version === b.version;
}

/** As a person writes it: `3.20.3`, or `v3.20` where the newest of a branch is meant. */
export function sayRelease({ branch, version }: Release): string {
  return version ?? branch;
}
