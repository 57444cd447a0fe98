import { open } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../core/durable.ts";
import type { Recorder } from "../core/timeline.ts";
import type { Dialect } from "./dialect.ts";
import { dialects } from "./dialect.ts";
import type { DhcpFacts } from "./facts.ts";
import type { ClientKey } from "./leases.ts";
import { ProxyMemory } from "./proxy-memory.ts";

/** The file in a server's folder. */
export const dialectFile = (folder: string): string => join(folder, "dialects.json");

const version = 1;
/** 4096 clients with the longest names there are take half of it. */
const mostBytes = 8 * 2 ** 20;
/** Machines that are switched on together are written down together. */
const saveAfterMs = 1000;

export interface KeptMemory extends AsyncDisposable {
  readonly memory: ProxyMemory;
}

/**
 * A proxy's memory. With a folder it knows after a restart too with which dialect each firmware got on. That is a
 * convenience: a file that cannot be read or written is a fact, and firmware is learned anew.
 */
export async function openProxyMemory(
  folder: string | undefined,
  { timeline }: Readonly<{ timeline: Recorder<DhcpFacts> }>,
): Promise<KeptMemory> {
  if (folder === undefined)
    return { memory: new ProxyMemory(), [Symbol.asyncDispose]: () => Promise.resolve() };
  const file = dialectFile(folder);
  const failed = (error: unknown) => {
    const problem = error instanceof Error ? error.message : String(error);
    timeline.record("dhcp.dialects-failed", { file, problem });
  };
  const proven = await readDialects(file).catch((error: unknown) => void failed(error));
  const memory = new ProxyMemory({ ...(proven ? { proven } : {}), onProven: () => saveLater() });
  let timer: NodeJS.Timeout | undefined;
  let saving = Promise.resolve();
  const save = () => {
    timer = undefined;
    saving = saving.then(() => writeDurably(file, formatDialects(memory.proven()))).catch(failed);
  };
  const saveLater = () => {
    timer ??= setTimeout(save, saveAfterMs).unref();
  };
  return {
    memory,
    async [Symbol.asyncDispose]() {
      if (timer) {
        clearTimeout(timer);
        save();
      }
      await saving;
    },
  };
}

function formatDialects(proven: ReadonlyMap<ClientKey, Dialect>): string {
  return `${JSON.stringify({ version, clients: Object.fromEntries(proven) }, undefined, 1)}\n`;
}

async function readDialects(file: string): Promise<readonly (readonly [ClientKey, Dialect])[]> {
  let text: string;
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    if (size > mostBytes) throw new Error(`it has ${size} bytes: it is not ours`);
    text = await handle.readFile("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const { version: written, clients } = Object(JSON.parse(text)) as Record<string, unknown>;
  if (written !== version)
    throw new Error(`it is of version ${String(written)}, and this dryboot reads ${version}`);
  return Object.entries(Object(clients) as object).map(([client, dialect]) => {
    if (!isDialect(dialect)) throw new Error(`it names no dialect for ${client}`);
    return [client, dialect];
  });
}

const isDialect = (value: unknown): value is Dialect => dialects.some((dialect) => dialect === value);
