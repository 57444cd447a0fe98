import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { mapAtMost } from "../core/at-most.ts";
import { findInFolder } from "../core/served-folder.ts";
import { throttle } from "../core/throttle.ts";
import { storeFailure } from "../host/store-failure.ts";
import { lockStore } from "../host/store-lock.ts";
import { requireSpace } from "../host/store-space.ts";
import { copyInto } from "./copy-into.ts";
import type { Refusal } from "./download-failures.ts";
import { cannotBeHad, outOfSpace } from "./download-failures.ts";
import type { Digests } from "./download-store.ts";
import { DownloadStore, digestsOf } from "./download-store.ts";
import { MirrorProblem, shownUrl } from "./http-get.ts";
import type { TransferLimits } from "./http-transfer.ts";
import { transfer, usualLimits } from "./http-transfer.ts";
import { isUrl } from "./mirrors.ts";
import type { PartialFile } from "./partial-file.ts";
import type { FetchedFile, FetchWorld } from "./recipe.ts";

export interface WantedFile {
  /** Roots that hold it, folders or URLs, tried in order. */
  mirrors: readonly string[];
  /** Below a mirror's root. */
  path: string;
  /** Lower-case hex; what is not so is refused. */
  sha256?: string;
  sha512?: string;
  sizeBytes?: number;
}

/** How many files are fetched at a time. */
const atATime = 4;

/**
 * Brings a file of a mirror into the store, whole or not at all. What the store has is not fetched again: neither what is
 * named by its digest nor, unless newer is asked for, what the same URL once held.
 */
export async function fetchFile(
  wanted: WantedFile,
  world: FetchWorld,
  limits: Partial<TransferLimits> = {},
): Promise<FetchedFile> {
  const downloads = new DownloadStore(world.store);
  try {
    await mkdir(join(downloads.folder, "partial"), { recursive: true });
    return await new Fetching(wanted, world, downloads, { ...usualLimits, ...limits }).fetch();
  } catch (error) {
    throw storeFailure(downloads.folder, error);
  }
}

/** Several files at once, a few at a time; the first that cannot be had stops the others. */
export async function fetchFiles(
  wanted: readonly WantedFile[],
  world: FetchWorld,
  limits: Partial<TransferLimits> = {},
): Promise<FetchedFile[]> {
  let done = 0;
  return await mapAtMost(
    atATime,
    wanted,
    async (file, signal) => {
      const onProgress: FetchWorld["onProgress"] = (progress) => {
        const files = { done, all: wanted.length };
        world.onProgress?.(progress.step === "fetch" && files.all > 1 ? { ...progress, files } : progress);
      };
      const fetched = await fetchFile(file, { ...world, signal, onProgress }, limits);
      done += 1;
      return fetched;
    },
    world.signal,
  );
}

/** One file, from the first mirror that gives it as it should be. */
class Fetching {
  readonly #wanted: WantedFile;
  readonly #world: FetchWorld;
  readonly #downloads: DownloadStore;
  readonly #limits: TransferLimits;
  readonly #name: string;

  constructor(wanted: WantedFile, world: FetchWorld, downloads: DownloadStore, limits: TransferLimits) {
    this.#wanted = wanted;
    this.#world = world;
    this.#downloads = downloads;
    this.#limits = limits;
    this.#name = basename(wanted.path);
  }

  async fetch(): Promise<FetchedFile> {
    const { mirrors, path, sha256 } = this.#wanted;
    const [first = ""] = mirrors;
    const here = sha256 === undefined ? undefined : await this.#downloads.find(sha256);
    if (here && !this.#mismatch(here)) return this.#fetched(here.path, here, addressOf(first, path));
    const refusals: Refusal[] = [];
    for (const mirror of mirrors) {
      const shown = shownUrl(mirror);
      try {
        return await (isUrl(mirror) ? this.#download(mirror) : this.#copy(mirror));
      } catch (error) {
        if (!(error instanceof MirrorProblem)) throw error;
        refusals.push({ mirror: shown, problem: error.message, digest: error instanceof WrongFile });
        this.#world.onProgress?.({ step: "mirror", mirror: shown, problem: error.message });
      }
    }
    throw cannotBeHad(path, refusals);
  }

  /** From a folder, each time anew: it may have changed, and reading it costs no more than comparing. */
  async #copy(folder: string): Promise<FetchedFile> {
    const { path } = this.#wanted;
    const found = await findInFolder(folder, path).catch((error: Error) => {
      throw new MirrorProblem(error.message);
    });
    if (!found || !("path" in found)) throw new MirrorProblem("it is not there");
    await this.#room(found.sizeBytes);
    const partial = this.#downloads.partial(`${addressOf(folder, path)} ${process.pid} ${performance.now()}`);
    try {
      await copyInto(partial.path, found, this.#world.signal);
      return await this.#accept(partial.path, addressOf(folder, path));
    } catch (error) {
      throw await this.#named(error, found.sizeBytes);
    } finally {
      await rm(partial.path, { force: true });
    }
  }

  async #download(mirror: string): Promise<FetchedFile> {
    const url = addressOf(mirror, this.#wanted.path);
    const { signal, refresh, onProgress } = this.#world;
    await using _lock = await lockStore(this.#downloads.lockFile(url), {
      ...(signal === undefined ? {} : { signal }),
      onWait: () => onProgress?.({ step: "waiting" }),
    });
    const before = await this.#downloads.remembered(url);
    const usable = before && !this.#mismatch(before) ? before : undefined;
    if (usable && !refresh) return this.#fetched(usable.path, usable, url);
    const partial = this.#downloads.partial(url);
    const got = await this.#transfer(url, partial, usable?.etag);
    if (!got.changed && usable) return this.#fetched(usable.path, usable, url);
    const { etag } = got.changed ? got.headers : {};
    if (got.changed && got.resumed && this.#mismatch(await digestsOf(partial.path))) {
      // The beginning may be of another file than the end, whatever the mirror said: once from the start.
      await partial.discard();
      await this.#transfer(url, partial, undefined);
    }
    try {
      return await this.#accept(partial.path, url, etag);
    } finally {
      await partial.discard();
    }
  }

  async #transfer(url: string, partial: PartialFile, etag: string | undefined) {
    const worthTelling = throttle(250);
    let sizeBytes: number | undefined = this.#wanted.sizeBytes;
    let doneBytes = 0;
    this.#world.onProgress?.({ step: "fetch", file: this.#name, doneBytes: 0, sizeBytes });
    try {
      return await transfer({
        ...{ url, partial, etag, limits: this.#limits, signal: this.#world.signal },
        sizeBytes: this.#wanted.sizeBytes,
        onSize: async (rest) => await this.#room(rest),
        onBytes: (done, whole) => {
          [doneBytes, sizeBytes] = [done, whole];
          if (worthTelling() || doneBytes === whole)
            this.#world.onProgress?.({ step: "fetch", file: this.#name, doneBytes, sizeBytes });
        },
      });
    } catch (error) {
      throw await this.#named(error, sizeBytes, doneBytes);
    }
  }

  async #room(bytes: number): Promise<void> {
    await requireSpace(this.#downloads.folder, this.#name, bytes);
  }

  /** A full disk says neither what did not fit nor how much it would have been. */
  async #named(error: unknown, sizeBytes: number | undefined, doneBytes = 0): Promise<unknown> {
    return await outOfSpace(error, this.#downloads.folder, { name: this.#name, sizeBytes, doneBytes });
  }

  /** Into its place in the store, or aside. */
  async #accept(file: string, url: string, etag?: string): Promise<FetchedFile> {
    const digests = await digestsOf(file);
    const problem = this.#mismatch(digests);
    if (problem === undefined) {
      const path = await this.#downloads.take(file, digests);
      if (isUrl(url)) await this.#downloads.remember(url, digests, etag);
      return this.#fetched(path, digests, url);
    }
    const aside = await this.#downloads.quarantine(file, { url: shownUrl(url), problem });
    throw new WrongFile(`${problem}; it was put aside as ${aside}`);
  }

  /** What is wrong with a file of these digests; undefined when it is what is wanted. */
  #mismatch(got: Digests): string | undefined {
    const { sha256, sha512, sizeBytes } = this.#wanted;
    if (sizeBytes !== undefined && sizeBytes !== got.sizeBytes)
      return `it is ${got.sizeBytes} bytes long, not ${sizeBytes}`;
    if (sha256 !== undefined && sha256 !== got.sha256) return `its sha256 is ${got.sha256}, not ${sha256}`;
    if (sha512 !== undefined && sha512 !== got.sha512) return `its sha512 is ${got.sha512}, not ${sha512}`;
    return undefined;
  }

  #fetched(path: string, { sha256, sha512, sizeBytes }: Digests, url: string): FetchedFile {
    const checked = this.#wanted.sha512 === undefined ? {} : { sha512 };
    return { name: this.#name, url: shownUrl(url), path, sha256, ...checked, sizeBytes };
  }
}

/** It came whole, and is another file than the one that was meant. */
class WrongFile extends MirrorProblem {}

const addressOf = (mirror: string, path: string) => `${mirror.replace(/\/+$/, "")}/${path}`;
