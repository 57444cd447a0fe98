/** Many TFTP clients in one process, each fetching the same file in lock step; started by `bench/tftp-inside.ts`. */
import { createSocket } from "node:dgram";
import { once } from "node:events";

const [address = "", count = "", blksize = "", limitMs = ""] = process.argv.slice(2);

/** What real clients wait before they say something again. */
const againMs = 1000;

/** Bytes that arrived in order, and in how many seconds from asking; without seconds when the end never came. */
type Fetched = { bytes: number; seconds?: number };

/** Begins with the first request sent and ends with a block that is not full, or when the time is up. */
async function fetchOne(signal: AbortSignal): Promise<Fetched> {
  const socket = createSocket("udp4");
  socket.bind(0, address);
  await once(socket, "listening");
  const request = Buffer.concat([
    Buffer.of(0, 1),
    Buffer.from(`file\0octet\0blksize\0${blksize}\0tsize\x000\0`),
  ]);
  const fetched: Fetched = { bytes: 0 };
  let [packet, to] = [request, 69];
  let block = 0;
  const say = () => socket.send(packet, to, address);
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve());
  const again = setInterval(say, againMs);
  const began = performance.now();
  socket.on("message", (bytes, { port }) => {
    const opcode = bytes.readUInt16BE(0);
    if (opcode === 5) return resolve();
    const number = opcode === 6 ? 0 : bytes.readUInt16BE(2);
    if (number !== (block & 0xffff)) return;
    [packet, to] = [Buffer.of(0, 4, number >> 8, number & 0xff), port];
    say();
    again.refresh();
    block += 1;
    if (opcode === 6) return;
    fetched.bytes += bytes.length - 4;
    if (bytes.length - 4 === Number(blksize)) return;
    fetched.seconds = (performance.now() - began) / 1000;
    resolve();
  });
  say();
  await promise;
  clearInterval(again);
  socket.close();
  return fetched;
}

const signal = AbortSignal.timeout(Number(limitMs));
const all = await Promise.all(Array.from({ length: Number(count) }, () => fetchOne(signal)));
process.stdout.write(JSON.stringify(all));
