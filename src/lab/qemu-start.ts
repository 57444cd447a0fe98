import { once } from "node:events";
import { rm } from "node:fs/promises";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { DrybootError } from "../core/errors.ts";

interface Listening extends Disposable {
  connection: Promise<Socket>;
}

/** A unix socket that takes one connection. */
export async function listenAtPath(path: string): Promise<Listening> {
  await rm(path, { force: true });
  const server = createServer();
  server.listen(path);
  await once(server, "listening");
  return oneConnection(server);
}

/**
 * A port of this network namespace that takes one connection. QEMU writes a console byte by byte, and a unix socket holds
 * 278 of those while we are busy: then OVMF, which waits for its serial line for a fifth of a millisecond, drops what it
 * has to say. TCP joins them, and holds more than anybody says.
 */
export async function listenAtPort(): Promise<Listening & { port: number }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { ...oneConnection(server), port: (server.address() as AddressInfo).port };
}

function oneConnection(server: Server): Listening {
  const connection = once(server, "connection").then(([socket]) => socket as Socket);
  connection.catch(() => {});
  // Closing ends the listening, not the connection; waiting for it would wait for both.
  return { connection, [Symbol.dispose]: () => void server.close() };
}

/** Rejects when QEMU has not connected after so long. */
export async function connectWithin(ms: number, signal: AbortSignal, machine: string): Promise<never> {
  await sleep(ms, undefined, { signal, ref: false });
  throw new DrybootError(`${machine}: QEMU started, but did not connect within ${ms / 1000} s`, {
    code: "QEMU_SILENT",
    where: "qemu",
    hint: "the host may be starved: look at its load, then run it again",
  });
}

export function qemuEnded(machine: string, stderr: string): DrybootError {
  return new DrybootError(`${machine}: QEMU ended before the machine could start`, {
    code: "QEMU_FAILED",
    where: "qemu",
    evidence: stderr.trim().split("\n").slice(-5),
    hint: "its own words are above; `./dryboot doctor` says what this QEMU can do",
  });
}
