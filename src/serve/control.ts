import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { createServer } from "node:net";
import * as z from "zod";
import type { Change } from "../boot/lifecycle.ts";
import { DrybootError } from "../core/errors.ts";
import { firstLine } from "../core/first-line.ts";
import { jsonLine } from "../core/printable.ts";
import type { Assigned } from "../netboot/lifecycle.ts";
import { changeSchema } from "../netboot/lifecycle.ts";
import type { LogEntry } from "./log-entry.ts";

/** One line of JSON that a client sends, and then reads until the end. */
export const controlRequest = z.discriminatedUnion("ask", [
  z.strictObject({ ask: z.literal("status") }),
  /** Reads the site and the store again; answered by what came of it, as the log tells it. */
  z.strictObject({ ask: z.literal("reload") }),
  /** What a machine boots, and what it shall boot from now on. */
  z.strictObject({ ask: z.literal("machine"), machine: z.string().max(64), change: changeSchema.optional() }),
  /**
   * Answered by `{}` once the log's files hold all that happened so far; then entries follow, if they are wanted. The
   * first of them may be in the files too: `seq` tells.
   */
  z.strictObject({ ask: z.literal("log"), follow: z.boolean() }),
]);

export type ControlRequest = z.infer<typeof controlRequest>;

export interface ControlDeps {
  status(): unknown;
  assign(machine: string, change: Change | undefined): Promise<Assigned>;
  reload(): Promise<void>;
  flushLog(): Promise<void>;
  subscribe(listener: (entry: LogEntry) => void): Disposable;
}

export const controlSocketName = "control.sock";

const mostClients = 16;
const longestRequest = 4096;
const requestTimeoutMs = 5000;
/** A follower that reads slower than this is let go: the log's files have it all. */
const mostUnreadBytes = 8 * 2 ** 20;

/** Answers `dryboot status` and `dryboot logs` on a unix socket that only our user and root can open. */
export async function startControl(path: string, deps: ControlDeps): Promise<AsyncDisposable> {
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    socket.on("error", () => {}); // it left
    void answer(socket, deps).catch(() => socket.destroy());
  });
  server.maxConnections = mostClients;
  await rm(path, { force: true }); // of a server that was killed: `requireNoServer` found nobody behind it
  try {
    server.listen(path);
    await once(server, "listening");
    await chmod(path, 0o600);
  } catch (cause) {
    server.close();
    throw new DrybootError(`cannot listen on ${path}`, {
      code: "CONTROL_FAILED",
      where: path,
      hint: "name a folder that the server's user may write to, with a shorter path, by --state DIR",
      cause,
    });
  }
  server.on("error", () => {}); // accepting failed: the servers go on
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of clients) socket.destroySoon();
      const cut = setTimeout(() => {
        for (const socket of clients) socket.destroy();
      }, 200);
      await closed; // which removes the socket's file as well
      clearTimeout(cut);
    },
  };
}

async function answer(socket: Socket, deps: ControlDeps): Promise<void> {
  const request = await requestOn(socket);
  if (request === undefined) return void socket.end(`${jsonLine({ error: "no request of ours" })}\n`);
  if (request.ask === "status") return void socket.end(`${jsonLine(deps.status())}\n`);
  if (request.ask === "machine") {
    return void socket.end(`${jsonLine(await deps.assign(request.machine, request.change))}\n`);
  }
  if (request.ask === "reload") return void socket.end(await outcomeOfReload(deps));
  const waiting: LogEntry[] = [];
  let ready = false;
  const send = (entry: LogEntry) => {
    if (socket.writableLength > mostUnreadBytes) socket.destroy();
    else socket.write(`${jsonLine(entry)}\n`);
  };
  // Before the files are complete, so that nothing falls between them and what follows.
  const subscription = request.follow
    ? deps.subscribe((entry) => void (ready ? send(entry) : waiting.push(entry)))
    : undefined;
  socket.on("close", () => subscription?.[Symbol.dispose]());
  await deps.flushLog();
  socket.write("{}\n");
  if (!request.follow) return void socket.end();
  for (const entry of waiting) send(entry);
  ready = true;
}

async function outcomeOfReload({ reload, subscribe }: ControlDeps): Promise<string> {
  const outcome: LogEntry[] = [];
  using _told = subscribe((entry) => {
    if (["serve.reloaded", "serve.reload-failed", "serve.warned"].includes(entry.type)) outcome.push(entry);
  });
  await reload();
  return outcome.map((entry) => `${jsonLine(entry)}\n`).join("");
}

/** The first line, or undefined when it is none of ours, too long, or does not come. */
async function requestOn(socket: Socket): Promise<ControlRequest | undefined> {
  socket.setTimeout(requestTimeoutMs, () => socket.destroy());
  try {
    return controlRequest.safeParse(JSON.parse(await firstLine(socket, longestRequest))).data;
  } catch {
    return undefined;
  } finally {
    socket.setTimeout(0);
  }
}
