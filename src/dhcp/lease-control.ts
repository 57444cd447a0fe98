import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { firstLine } from "../core/first-line.ts";
import { OpenSockets } from "../core/open-sockets.ts";
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
  const server = createServer((socket) => {
    socket.on("error", () => undefined); // who asked is gone
    socket.setTimeout(answerWithinMs, () => socket.destroy());
    void firstLine(socket, longestQuestion)
      .then(async (which) => socket.end(`${JSON.stringify(await answer(which, release))}\n`))
      .catch(() => socket.destroy());
  });
  const open = new OpenSockets(server);
  try {
    await rm(path, { force: true });
    server.listen(path);
    await once(server, "listening");
  } catch (cause) {
    throw storeFailed("cannot listen for requests about leases", path, cause);
  }
  return open;
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
    const reply = JSON.parse(await firstLine(socket, Infinity)) as Awaited<ReturnType<typeof answer>>;
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
