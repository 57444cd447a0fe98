import type { ServerResponse } from "node:http";

/** Resolves when the kernel has the piece, so that its memory may be used again; fails when the connection closes first. */
export function written(response: ServerResponse, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    // Node calls nobody back for what it still holds when the client goes.
    const onClose = () => reject(clientLeft());
    response.once("close", onClose);
    response.write(piece, (error) => {
      response.off("close", onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Resolves when the kernel has all of the answer; fails when the connection closes first. */
export function ended(response: ServerResponse, rest: string | Uint8Array = ""): Promise<void> {
  if (response.destroyed) return Promise.reject(clientLeft());
  return new Promise((resolve, reject) => {
    // Comes for every response, whole or not, and is the one listener that is needed.
    response.once("close", () => (response.writableFinished ? resolve() : reject(clientLeft())));
    response.end(rest);
  });
}

export const clientLeft = () =>
  Object.assign(new Error("the client left"), { code: "ERR_STREAM_PREMATURE_CLOSE" });

export function isClientLeft(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED", "ECONNRESET", "EPIPE"].includes(code);
}
