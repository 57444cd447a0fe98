import { constants } from "node:os";
import { DrybootError } from "../core/errors.ts";
import type { Libc, Watch } from "./libc.ts";
import {
  afInet6,
  cInt,
  encodeSocketAddress,
  formatSocketAddress,
  linkGroup,
  sockaddrBytes,
} from "./socket-address.ts";

// Linux's numbers, the same on every architecture Node is built for: asm-generic/socket.h, linux/in6.h, linux/icmpv6.h.
const sockRaw = 3;
const sockNonblock = 0o4000;
const sockCloexec = 0o2000000;
const icmpv6 = 58;
const option = {
  bindToDevice: [1, 25],
  unicastHops: [41, 16],
  multicastInterface: [41, 17],
  multicastHops: [41, 18],
  multicastLoop: [41, 19],
  addMembership: [41, 20],
  icmp6Filter: [icmpv6, 1],
} as const;

const routerSolicitationType = 133;
const allNodesGroup = 1;
const allRoutersGroup = 2;
/** No Ethernet frame brings more; what is longer is cut, and then does not decode. */
const maxMessageBytes = 1500;

export interface Received {
  from: string;
  bytes: Uint8Array;
}

/** Hears the Router Solicitations of one interface and speaks to all its hosts. */
export class Icmpv6Socket implements Disposable {
  readonly #libc: Libc;
  readonly #interface: string;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #allNodes: Uint8Array;
  #closed = false;

  private constructor(libc: Libc, name: string, fd: number, index: number) {
    this.#libc = libc;
    this.#interface = name;
    this.#fd = fd;
    this.#allNodes = encodeSocketAddress(linkGroup(allNodesGroup), index);
    this.#watch = libc.watch(fd);
  }

  static open(libc: Libc, name: string): Icmpv6Socket {
    const index = libc.if_nametoindex(name);
    if (index === 0) throw failed(name, "find", constants.errno.ENODEV);
    const fd = libc.socket(afInet6, sockRaw | sockNonblock | sockCloexec, icmpv6);
    if (fd < 0) throw failed(name, "open a raw ICMPv6 socket on", libc.errno());
    try {
      const set = ([level, what]: readonly [number, number], value: Uint8Array) => {
        if (libc.setsockopt(fd, level, what, value, value.length) < 0)
          throw failed(name, "set up the ICMPv6 socket of", libc.errno());
      };
      set(option.bindToDevice, new TextEncoder().encode(name));
      // Hosts drop whatever of neighbour discovery has crossed a router: the hop limit must still be 255 (RFC 4861 §6.1.2).
      set(option.unicastHops, cInt(255));
      set(option.multicastHops, cInt(255));
      set(option.multicastInterface, cInt(index));
      set(option.multicastLoop, cInt(0)); // this host is not to learn a router from itself
      set(option.icmp6Filter, passOnly(routerSolicitationType));
      set(option.addMembership, Uint8Array.of(...linkGroup(allRoutersGroup), ...cInt(index)));
      return new Icmpv6Socket(libc, name, fd, index);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /** Calls back whenever there is something to receive. */
  listen(onReadable: () => void): void {
    if (!this.#closed) this.#watch.start(onReadable);
  }

  /** Leaves what arrives to the kernel's buffer, and what does not fit there to nobody. */
  pause(): void {
    if (!this.#closed) this.#watch.stop();
  }

  receive(): Received | undefined {
    const bytes = new Uint8Array(maxMessageBytes);
    const from = new Uint8Array(sockaddrBytes);
    const got = this.#libc.recvfrom(this.#fd, bytes, bytes.length, 0, from, cInt(from.length));
    return got < 0 ? undefined : { from: formatSocketAddress(from), bytes: bytes.subarray(0, got) };
  }

  /** Undefined when sent, else why not: an interface may be down, without an address yet, or gone by now. */
  sendToAllNodes(bytes: Uint8Array): string | undefined {
    const to = this.#allNodes;
    if (this.#libc.sendto(this.#fd, bytes, bytes.length, 0, to, to.length) >= 0) return undefined;
    return `cannot send on ${this.#interface} (${errnoName(this.#libc.errno())})`;
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#libc.close(this.#fd);
  }
}

/** `struct icmp6_filter` (RFC 3542 §3.2): one bit per type, set where the kernel keeps it from us. */
function passOnly(type: number): Uint8Array {
  const blocked = new Uint32Array(8).fill(0xffff_ffff);
  blocked[type >> 5] = ~(1 << (type & 31)) >>> 0;
  return new Uint8Array(blocked.buffer);
}

const hints: Readonly<Record<number, string>> = {
  [constants.errno.EPERM]: "raw sockets need root or CAP_NET_RAW, or a network namespace of one's own",
  [constants.errno.EACCES]: "raw sockets need root or CAP_NET_RAW, or a network namespace of one's own",
  [constants.errno.ENODEV]: "`ip link` lists the interfaces there are",
  [constants.errno.EAFNOSUPPORT]: "the kernel runs without IPv6: boot it without `ipv6.disable=1`",
};

function failed(name: string, what: string, errno: number): DrybootError {
  return new DrybootError(`cannot ${what} ${name} (${errnoName(errno)})`, {
    code: "NDP_SOCKET_FAILED",
    where: "router advertisements",
    hint: hints[errno] ?? `\`ip -6 address show dev ${name}\` shows whether IPv6 works there`,
  });
}

function errnoName(errno: number): string {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno);
  return known?.[0] ?? `errno ${errno}`;
}
