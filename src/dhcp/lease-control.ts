import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { storeFailed } from "./lease-file.ts";
import type { Lease } from "./leases.ts";

/** Through this socket a running server is asked to release a lease: only it writes its store. */
const socketFile = (folder: string): string => join(folder, "leases.sock");
const longestQuestion = 4096;
const answerWithinMs = 5000;

type Release = (which: string) => Promise<readonly Lease[]>;

/**
 * Listens in the store's folder, whose mode says who may ask. The caller holds the store, so a socket that lies there
 * is left over from a server that was killed.
 */
export async function serveLeaseControl(folder: string, release: Release): Promise<AsyncDisposable> {
  const path = socketFile(folder);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => undefined); // who asked is gone
    socket.setTimeout(answerWithinMs, () => socket.destroy());
    void readLine(socket, longestQuestion)
      .then(async (which) => socket.end(`${JSON.stringify(await answer(which, release))}\n`))
      .catch(() => socket.destroy());
  });
  try {
    await rm(path, { force: true });
    server.listen(path);
    await once(server, "listening");
  } catch (cause) {
    throw storeFailed("cannot listen for requests about leases", path, cause);
  }
  let closed: Promise<void> | undefined;
  return {
    [Symbol.asyncDispose]() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      });
      return closed;
    },
  };
}

/** Asks the server that has this store open; undefined when there is none. */
export async function askToRelease(folder: string, which: string): Promise<readonly Lease[] | undefined> {
  const socket = connect(socketFile(folder));
  try {
    await once(socket, "connect");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (["ENOENT", "ECONNREFUSED", "ENOTDIR"].includes(code)) return undefined;
    throw storeFailed("cannot reach the server that has these leases", socketFile(folder), cause);
  }
  socket.setTimeout(answerWithinMs, () => socket.destroy(new Error("it did not answer within 5 s")));
  try {
    socket.write(`${which}\n`);
    const reply = JSON.parse(await readLine(socket, Infinity)) as Awaited<ReturnType<typeof answer>>;
    if ("released" in reply) return reply.released;
    throw new Error(reply.failed);
  } catch (cause) {
    throw new DrybootError("the server could not release the lease", {
      code: "LEASES_FAILED",
      where: folder,
      hint: "read the cause above; the server's own log says more",
      cause,
    });
  } finally {
    socket.destroy();
  }
}

async function answer(
  which: string,
  release: Release,
): Promise<{ released: readonly Lease[] } | { failed: string }> {
  try {
    return { released: await release(which) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

async function readLine(socket: Socket, longest: number): Promise<string> {
  let line = "";
  for await (const chunk of socket.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    line += String(chunk);
    if (line.length > longest) throw new Error("the line is too long");
    const end = line.indexOf("\n");
    if (end !== -1) return line.slice(0, end);
  }
  throw new Error("it hung up");
}
