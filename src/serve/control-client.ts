import { once } from "node:events";
import type { Socket } from "node:net";
import { createConnection } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DrybootError } from "../core/errors.ts";
import type { ControlRequest } from "./control.ts";
import { controlSocketName } from "./control.ts";

/** The lines a running server answers with; undefined when none runs with this state folder. */
export async function askServer(
  folder: string,
  request: ControlRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<string> | undefined> {
  const path = join(folder, controlSocketName);
  const socket = createConnection(path);
  try {
    await once(socket, "connect", { signal });
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    const { code = "" } = cause as NodeJS.ErrnoException;
    // ECONNREFUSED: the file is what a killed server left.
    if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTDIR") return undefined;
    throw new DrybootError(`cannot ask the server behind ${path}`, {
      code: "CONTROL_FAILED",
      where: path,
      hint: "ask as root, or as the user the server runs as",
      cause,
    });
  }
  socket.write(`${JSON.stringify(request)}\n`);
  return linesOf(socket, signal);
}

/** An error when another server keeps its state in this folder. */
export async function requireNoServer(folder: string, signal: AbortSignal): Promise<void> {
  const lines = await askServer(folder, { ask: "status" }, signal);
  if (lines === undefined) return;
  let pid: unknown;
  for await (const line of lines) ({ pid } = JSON.parse(line) as { pid?: unknown });
  throw new DrybootError("another `dryboot serve` runs with this state folder", {
    code: "ALREADY_SERVING",
    where: `process ${String(pid)}, ${folder}`,
    hint: `stop it (\`kill ${String(pid)}\`), make it read its site again (\`kill -HUP ${String(pid)}\`), or give this one its own --state DIR`,
  });
}

async function* linesOf(socket: Socket, signal: AbortSignal): AsyncGenerator<string> {
  const lines = createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY });
  const stop = () => socket.destroy();
  signal.addEventListener("abort", stop);
  socket.on("error", () => {}); // the server is gone
  socket.on("close", () => lines.close()); // readline itself ends only with an orderly end
  try {
    yield* lines;
  } finally {
    signal.removeEventListener("abort", stop);
    socket.destroy();
  }
}
