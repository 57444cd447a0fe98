import type { ServedFile } from "../core/served-file.ts";
import { findInFolder } from "../core/served-folder.ts";
import { requireSpace } from "../host/store-space.ts";
import { MirrorProblem, shownUrl } from "./http-get.ts";
import type { TransferLimits } from "./http-transfer.ts";
import { transfer, usualLimits } from "./http-transfer.ts";
import type { CachedFile } from "./mirror-cache.ts";
import { MirrorCache } from "./mirror-cache.ts";
import { isImmutable, mirrorPath } from "./mirror-path.ts";
import { isUrl } from "./mirrors.ts";

export interface PullThroughConfig {
  /** Folders and URLs, asked in this order. */
  mirrors: readonly string[];
  /** Where what was fetched is kept; its parent must be there. */
  folder: string;
  /** What is wrong with a file of this path; undefined when nothing is, or nothing can be told. */
  verify?: (path: string, file: string) => Promise<string | undefined>;
  /** How long what may change is served without asking whether it has. */
  freshMs?: number;
  mostBytes?: number;
  mostFiles?: number;
  /** How many files are fetched at once; who comes on top is told to come again. */
  mostAtOnce?: number;
  limits?: Partial<TransferLimits>;
}

/** A file, and where it was fetched from if it was just now; or why there is none. */
export type Pulled =
  | Readonly<{ file: ServedFile; fetched?: { url: string; durationMs: number }; stale?: string }>
  | Readonly<{ status: 404 | 502 | 503 | 504; reason: string }>;

/** A package mirror that machines reach through us: what one asks for is fetched once, whole, and then comes from here. */
export class PullThrough {
  readonly #config: PullThroughConfig;
  readonly #cache: MirrorCache;
  readonly #signal: AbortSignal;
  readonly #fetching = new Map<string, Promise<Pulled>>();
  /** What was not there a moment ago: a client that asks again and again is not passed on. */
  readonly #absent = new Map<string, number>();

  constructor(config: PullThroughConfig, signal: AbortSignal) {
    const { folder, mostBytes = 8 * 2 ** 30, mostFiles = 20_000 } = config;
    this.#config = config;
    this.#cache = new MirrorCache(folder, { bytes: mostBytes, files: mostFiles });
    this.#signal = signal;
  }

  /** Who asks for what is being fetched waits for that. */
  async find(asked: string): Promise<Pulled> {
    const path = mirrorPath(asked);
    if (path === undefined) return { status: 404, reason: "no file of a mirror has such a name" };
    for (const folder of this.#config.mirrors.filter((mirror) => !isUrl(mirror))) {
      const file = await findInFolder(folder, path);
      if (file !== undefined) return { file };
    }
    const urls = this.#config.mirrors.filter(isUrl);
    if (urls.length === 0) return { status: 404, reason: "it is in none of the folders" };
    const cached = await this.#cache.find(path);
    if (cached && this.#isFresh(path, cached)) return { file: served(cached) };
    if (!cached && (this.#absent.get(path) ?? 0) > Date.now())
      return { status: 404, reason: "it is not there" };
    const fetching = this.#fetching.get(path) ?? this.#begin(path, cached, urls);
    return await fetching;
  }

  #isFresh(path: string, { checkedMs }: CachedFile): boolean {
    return isImmutable(path) || Date.now() - checkedMs < (this.#config.freshMs ?? 300_000);
  }

  async #begin(path: string, cached: CachedFile | undefined, urls: readonly string[]): Promise<Pulled> {
    if (this.#fetching.size >= (this.#config.mostAtOnce ?? 16))
      return { status: 503, reason: "too many files are being fetched: ask again" };
    const fetching = this.#fetch(path, cached, urls).finally(() => this.#fetching.delete(path));
    this.#fetching.set(path, fetching);
    return await fetching;
  }

  async #fetch(path: string, cached: CachedFile | undefined, urls: readonly string[]): Promise<Pulled> {
    const begun = performance.now();
    const problems: { mirror: string; problem: MirrorProblem }[] = [];
    for (const mirror of urls) {
      try {
        const file = await this.#fromUrl(path, cached, `${mirror.replace(/\/+$/, "")}/${path}`);
        return { file: served(file), fetched: { url: file.url, durationMs: performance.now() - begun } };
      } catch (error) {
        if (!(error instanceof MirrorProblem)) throw error;
        problems.push({ mirror: shownUrl(mirror), problem: error });
      }
    }
    const reason = problems.map(({ mirror, problem }) => `${mirror}: ${problem.message}`).join("; ");
    const absent = problems.every(({ problem }) => problem.status === 404 || problem.status === 410);
    // What was good yesterday boots a machine today, also while the mirror is away.
    if (cached && !absent) return { file: served(cached), stale: reason };
    if (absent) this.#rememberAbsent(path);
    const slow = problems.every(({ problem }) => / within /.test(problem.message));
    return { status: absent ? 404 : slow ? 504 : 502, reason };
  }

  async #fromUrl(path: string, cached: CachedFile | undefined, url: string): Promise<CachedFile> {
    await this.#cache.open();
    const partial = this.#cache.partial(path, url);
    const shown = shownUrl(url);
    const got = await transfer({
      ...{ url, partial, signal: this.#signal },
      etag: cached?.url === shown ? cached.etag : undefined,
      limits: { ...usualLimits, mostBytes: 4 * 2 ** 30, ...this.#config.limits },
      onSize: async (rest) => await requireSpace(this.#config.folder, path, rest),
    });
    if (!got.changed && cached) return await this.#cache.confirm(path, cached);
    try {
      const problem = await this.#config.verify?.(path, partial.path);
      if (problem !== undefined) throw new MirrorProblem(problem);
      return await this.#cache.take(path, partial.path, {
        url: shown,
        etag: got.changed ? got.headers.etag : undefined,
      });
    } finally {
      await partial.discard();
    }
  }

  #rememberAbsent(path: string): void {
    if (this.#absent.size >= 1000) this.#absent.clear();
    this.#absent.set(path, Date.now() + 30_000);
  }
}

const served = ({ path, sizeBytes, sha256 }: CachedFile): ServedFile => ({ path, sizeBytes, sha256 });
