import type { ServerResponse } from "node:http";

/** Resolves when the kernel has the piece, so that its memory may be used again; fails when the connection closes first. */
export function written(response: ServerResponse, piece: Uint8Array): Promise<void> {
  return unlessClosed(response, (done) => response.write(piece, done));
}

/** Resolves when the kernel has all of the answer; fails when the connection closes first. */
export function ended(response: ServerResponse, text = ""): Promise<void> {
  return unlessClosed(response, (done) => response.end(text, () => done()));
}

/** Node calls nobody back for what it still holds when the client goes. */
function unlessClosed(
  response: ServerResponse,
  start: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(clientLeft());
    response.once("close", onClose);
    start((error) => {
      response.off("close", onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}

export const clientLeft = () =>
  Object.assign(new Error("the client left"), { code: "ERR_STREAM_PREMATURE_CLOSE" });

export function isClientLeft(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED", "ECONNRESET", "EPIPE"].includes(code);
}
