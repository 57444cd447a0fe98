import { createSocket } from "node:dgram";
import { once } from "node:events";
import { GaveUp } from "./patience.ts";
import { TftpReading } from "./tftp-reading.ts";

const serverPort = 69;

type Fetched = Readonly<{ bytes: number; again: number }>;

/** A file as EDK2 fetches it: first the size, then all of it; from an address of its own. */
export async function fetchByTftp(
  file: string,
  ends: Readonly<{ from: string; server: string }>,
  waitsMs: readonly number[],
): Promise<Fetched> {
  const probe = await read(new TftpReading(file, "probe"), ends, waitsMs);
  const whole = await read(new TftpReading(file, "read"), ends, waitsMs);
  return { bytes: whole.bytes, again: probe.again + whole.again };
}

async function read(
  reading: TftpReading,
  { from, server }: Readonly<{ from: string; server: string }>,
  waitsMs: readonly number[],
): Promise<Fetched> {
  const socket = createSocket({ type: "udp4", lookup: (address, _, found) => found(null, address, 4) });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let tid: number | undefined;
  let again = 0;
  let silent = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (packet: Uint8Array) => socket.send(packet, tid ?? serverPort, server);
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent += 1;
      if (silent > waitsMs.length) return reject(new GaveUp(`nothing came ${silent} times`));
      again += 1;
      send(reading.repeated);
      wait();
    }, waitsMs[silent] ?? waitsMs.at(-1));
  };
  socket.on("error", reject);
  socket.on("message", (bytes, { port }) => {
    if (port !== (tid ?? port)) return;
    tid = port;
    silent = 0;
    try {
      const { send: packet, done } = reading.take(bytes);
      if (packet) send(packet);
      if (done) resolve();
      else wait();
    } catch (error) {
      reject(error instanceof Error ? error : new Error(String(error)));
    }
  });
  try {
    const listening = once(socket, "listening"); // with that look-up it happens within `bind`
    socket.bind(0, from);
    await listening;
    send(reading.request);
    wait();
    await ended;
    return { bytes: reading.receivedBytes, again };
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
