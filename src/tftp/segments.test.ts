import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { closeUdp, listenUdp } from "../core/udp-listener.ts";
import { dataHeader } from "./message.ts";
import { Peer } from "./peer.ts";
import type { Libc } from "./segments.ts";
import { loadLibc, SegmentSocket } from "./segments.ts";

/** Blocks 1 to `count` as they are handed to a peer; the last is shorter than the others. */
const window = (count: number, blksize: number) =>
  Array.from({ length: count }, (_, i) => [
    dataHeader(i + 1),
    Buffer.alloc(i + 1 === count ? blksize / 2 : blksize, i + 1),
  ]);

/** What arrives when a window is sent with this C library, and by how many of its calls. */
async function arriving(libc: Libc | undefined, packets: readonly (readonly Uint8Array[])[]) {
  const receiver = await listenUdp("test", "127.0.0.1", 0, 4 * 2 ** 20);
  onTestFinished(() => closeUdp(receiver));
  let calls = 0;
  const counting = libc && {
    ...libc,
    sendto: (...call: Parameters<Libc["sendto"]>) => {
      calls += 1;
      return libc.sendto(...call);
    },
  };
  const { address, port } = receiver.address();
  await using peer = await Peer.open("127.0.0.1", { address, port }, counting);
  const arrived: string[] = [];
  const all = Promise.withResolvers<void>();
  receiver.on("message", (bytes) => {
    if (arrived.push(bytes.toString("hex")) === packets.length) all.resolve();
  });
  await peer.send(packets);
  await all.promise;
  return { arrived, calls };
}

const asHex = (packets: readonly (readonly Uint8Array[])[]) =>
  packets.map((pieces) => Buffer.concat(pieces).toString("hex"));

const SOL_UDP = 17;

describe("a window sent at once", async () => {
  const libc = await loadLibc();
  const here = libc ?? expect.unreachable("koffi is a dependency");

  test.each([
    [1, 1428, 1],
    [4, 1428, 1],
    [64, 512, 1],
    [64, 1428, 2], // what one call may carry is less
    [100, 512, 2],
  ])("of %i blocks of %i bytes arrives as those packets, by %i calls", async (count, blksize, calls) => {
    const packets = window(count, blksize);
    expect(await arriving(here, packets)).toEqual({ arrived: asHex(packets), calls });
  });

  test.each<[string, Libc | undefined]>([
    ["without a foreign function interface", undefined],
    ["on a kernel without sockets for it", { ...here, socket: () => -1 }],
    ["where the address cannot be bound", { ...here, bind: () => -1 }],
    [
      "on a kernel that cannot cut packets",
      { ...here, setsockopt: (...call) => (call[1] === SOL_UDP ? -1 : here.setsockopt(...call)) },
    ],
    ["while the send buffer is full", { ...here, sendto: () => -1 }],
    [
      "when the buffer fills half way",
      { ...here, sendto: (fd, bytes, ...rest) => (isFirst(bytes) ? here.sendto(fd, bytes, ...rest) : -1) },
    ],
  ])("arrives as the same packets %s", async (_, libc) => {
    const packets = window(64, 1428);
    const { arrived } = await arriving(libc, packets);
    expect(arrived).toEqual(asHex(packets));
  });

  test("is left to single packets over IPv6", async () => {
    expect(await SegmentSocket.open("::1", { address: "::1", port: 9 }, here)).toBeUndefined();
  });

  test("uses its socket's number no more once the socket is closed", async () => {
    const to = { address: "127.0.0.1", port: 9 };
    const segments = (await SegmentSocket.open("127.0.0.1", to, here)) ?? expect.unreachable("it works here");
    const closed = once(segments.socket, "close");
    segments.socket.close();
    await closed;
    expect(segments.send(window(4, 512))).toBe(0);
  });
});

const isFirst = (bytes: Uint8Array) => Buffer.from(bytes).readUInt16BE(2) === 1;
