import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { suggest } from "../core/nearest.ts";
import type { SecretStore } from "../images/overlays/secret-store.ts";
import { longestSecret } from "../images/overlays/secret-store.ts";
import { usageError } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

const where = "dryboot overlay secret";

interface World {
  store: SecretStore;
  terminal: Terminal;
  signal: AbortSignal;
  json: boolean;
}

/** What takes no NAME is given the empty text. */
const actions: Readonly<
  Record<string, { takesName: boolean; run(name: string, world: World): Promise<void> }>
> = {
  init: { takesName: false, run: init },
  list: { takesName: false, run: list },
  set: { takesName: true, run: set },
  remove: { takesName: true, run: (name, { store }) => store.remove(name) },
};

/** `dryboot overlay secret ...`: what is secret is read from standard input alone, and never shown. */
export async function secretAction([asked = "", ...names]: readonly string[], world: World): Promise<number> {
  const action = Object.hasOwn(actions, asked) ? actions[asked] : undefined;
  if (action === undefined) {
    const what = asked === "" ? "what to do with secrets is missing" : `there is no \`secret ${asked}\``;
    throw usageError(what, where, suggest(asked, Object.keys(actions)));
  }
  if (names.length !== (action.takesName ? 1 : 0)) {
    const usage = `write \`${where} ${asked}${action.takesName ? " NAME" : ""}\``;
    throw usageError(action.takesName ? "one NAME is needed" : "no NAME is needed", where, usage);
  }
  await action.run(names[0] ?? "", world);
  return 0;
}

async function init(_: string, { store, terminal }: World): Promise<void> {
  terminal.out(`secrets are encrypted for ${await store.init()}`);
  terminal.err(`the identity lies in ${store.folder}: keep a copy of it, without it they are lost`);
}

async function list(_: string, { store, terminal, json }: World): Promise<void> {
  for (const name of await store.list()) terminal.out(json ? JSON.stringify({ name }) : name);
}

async function set(name: string, { store, terminal, signal }: World): Promise<void> {
  await store.set(name, await readSecret(name, signal));
  terminal.err(`${name} is kept; templates say {secret.${name}}`);
}

/** From a pipe, without the line's end behind it; else typed, unseen. */
async function readSecret(name: string, signal: AbortSignal): Promise<Uint8Array> {
  const { stdin } = process;
  if (stdin.isTTY) return await typedSecret(name, signal);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    signal.throwIfAborted();
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > longestSecret + 2) break; // the store says what is too long
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

async function typedSecret(name: string, signal: AbortSignal): Promise<Uint8Array> {
  const { stdin, stderr } = process;
  stderr.write(`${name}, which is not shown: `);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input: stdin, output: unseen, terminal: true });
  reader.on("SIGINT", () => process.kill(process.pid, "SIGINT")); // the terminal is not asked while it is raw
  try {
    return Buffer.from(await reader.question("", { signal }));
  } finally {
    reader.close();
    stderr.write("\n");
  }
}
