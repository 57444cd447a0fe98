import type { Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";
import { udpSocket } from "../core/udp-listener.ts";
import type { Endpoint } from "./peer.ts";

/** Numbers of Linux; the same on every processor that Node runs on. */
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const IPPROTO_IP = 0;
const IP_MTU_DISCOVER = 10;
const IP_PMTUDISC_DONT = 0;

/** What one system call may carry: 64 segments, and no more than an IPv4 datagram could (udp(7)). */
const mostSegments = 64;
const mostBytes = 65_000;

/** The part of the C library that Node does not offer. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, sizeBytes: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, sizeBytes: number): number;
  sendto(fd: number, bytes: Uint8Array, size: number, flags: number, to: Uint8Array, toBytes: number): number;
  close(fd: number): number;
}

/**
 * A socket that sends to one peer by calling the kernel itself: a packet costs half of what Node takes for it, and many
 * packets of one length cost one system call, for the kernel cuts them (UDP_SEGMENT, Linux 4.18).
 */
export class SegmentSocket {
  readonly socket: Socket;
  readonly #fd: number;
  readonly #libc: Libc;
  readonly #to: Uint8Array;
  #segmentBytes = 0;
  #works = true;

  private constructor(socket: Socket, fd: number, libc: Libc, to: Endpoint) {
    this.socket = socket;
    this.#fd = fd;
    this.#libc = libc;
    this.#to = socketAddress(to);
    socket.on("close", () => {
      this.#works = false; // the number may soon be another file's
    });
  }

  /** Bound to a free port; undefined where the kernel or the foreign function interface has no such thing. */
  static async open(
    address: string,
    to: Endpoint,
    libc: Libc | undefined,
  ): Promise<SegmentSocket | undefined> {
    if (libc === undefined || !isIPv4(address)) return undefined;
    const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return undefined;
    // Routers on the way may cut a packet in two rather than lose it.
    libc.setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, int32(IP_PMTUDISC_DONT), 4);
    if (libc.bind(fd, socketAddress({ address, port: 0 }), 16) < 0) {
      libc.close(fd);
      return undefined;
    }
    const socket = udpSocket(address);
    const listening = once(socket, "listening");
    socket.bind({ fd, exclusive: true }); // from here on it is Node that closes it
    await listening;
    return new SegmentSocket(socket, fd, libc, to);
  }

  /**
   * How many of the packets the kernel took, in order; only the last may be shorter than the others. What it did not
   * take is to be sent one by one.
   */
  send(packets: readonly (readonly Uint8Array[])[]): number {
    const segmentBytes = lengthOf(packets[0] ?? []);
    if (!this.#works || segmentBytes === 0 || segmentBytes > mostBytes) return 0;
    if (packets.length > 1) this.#cutInto(segmentBytes);
    const perCall = Math.min(mostSegments, Math.floor(mostBytes / segmentBytes));
    let taken = 0;
    while (this.#works && taken < packets.length) {
      const next = Math.min(taken + perCall, packets.length);
      const size = putTogether(packets, taken, next);
      // A full buffer is no failure to remember; a device that cannot cut packets is, and both cost nothing but speed.
      if (this.#libc.sendto(this.#fd, outgoing, size, 0, this.#to, 16) < 0) break;
      taken = next;
    }
    return taken;
  }

  #cutInto(segmentBytes: number): void {
    if (segmentBytes === this.#segmentBytes) return;
    this.#works = this.#libc.setsockopt(this.#fd, SOL_UDP, UDP_SEGMENT, int32(segmentBytes), 4) === 0;
    this.#segmentBytes = segmentBytes;
  }
}

let libc: Promise<Libc | undefined> | undefined;

/** Once per process; without it, everything is sent packet by packet. */
export function loadLibc(): Promise<Libc | undefined> {
  libc ??= import("koffi").then(
    ({ default: koffi }) => {
      const library = koffi.load(null);
      return {
        socket: library.func("int socket(int, int, int)"),
        bind: library.func("int bind(int, void *, uint32_t)"),
        setsockopt: library.func("int setsockopt(int, int, int, void *, uint32_t)"),
        sendto: library.func("intptr_t sendto(int, void *, size_t, int, void *, uint32_t)"),
        close: library.func("int close(int)"),
      };
    },
    () => undefined,
  );
  return libc;
}

/** What a call sends, put together; one for all, because the kernel has copied it when the call returns. */
const outgoing = Buffer.allocUnsafe(mostBytes);

/** Returns how many bytes it is now. */
function putTogether(packets: readonly (readonly Uint8Array[])[], from: number, to: number): number {
  let size = 0;
  for (let i = from; i < to; i += 1) {
    for (const piece of packets[i] ?? []) {
      outgoing.set(piece, size);
      size += piece.length;
    }
  }
  return size;
}

const lengthOf = (packet: readonly Uint8Array[]) => packet.reduce((sum, { length }) => sum + length, 0);

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** `struct sockaddr_in`: the family in the machine's order, port and address in the network's. */
function socketAddress({ address, port }: Endpoint): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.set(new Uint8Array(Uint16Array.of(AF_INET).buffer));
  bytes.writeUInt16BE(port, 2);
  bytes.set(address.split(".").map(Number), 4);
  return bytes;
}
