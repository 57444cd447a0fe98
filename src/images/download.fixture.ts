import { mkdtemp, readdir, rm } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, onTestFinished } from "vitest";
import { MirrorServer, sha256Of } from "./mirror-server.fixture.ts";
import type { ImageProgress } from "./progress.ts";
import type { FetchWorld } from "./recipe.ts";

export const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7919) % 251));
export const sha256 = sha256Of(bytes);
export const path = "v1/kernel.bin";

// Made anew for each test of the file that brings them in.
export let store: string;
export let said: ImageProgress[];
export let world: FetchWorld;

/** To be called once by a file of tests. */
export function useFreshStore(): void {
  beforeEach(async () => {
    store = await mkdtemp(join(tmpdir(), "dryboot-download-"));
    said = [];
    world = { store, refresh: false, onProgress: (progress) => said.push(progress) };
  });
  afterEach(() => rm(store, { recursive: true }));
}

export async function mirror(answer: RequestListener): Promise<MirrorServer> {
  const server = await MirrorServer.start(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** What has come to stay; a name of 64 digits is a whole file. */
export const whole = async () =>
  (await readdir(join(store, "downloads"))).filter((name) => /^[0-9a-f]{64}$/.test(name));
export const partial = async () => await readdir(join(store, "downloads/partial"));
