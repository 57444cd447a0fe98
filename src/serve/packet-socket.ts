import { constants } from "node:os";
import { DrybootError } from "../core/errors.ts";
import type { Libc, Watch } from "../ndp/libc.ts";

// Linux's numbers: linux/if_packet.h, linux/if_ether.h, asm-generic/socket.h.
const afPacket = 17;
const sockRaw = 3;
const sockNonblock = 0o4000;
const sockCloexec = 0o2000000;
const everyProtocol = 0x0003; // ETH_P_ALL: what this host sends itself comes too
const ethernet = 1; // ARPHRD_ETHER
const addressBytes = 20; // struct sockaddr_ll
const longestFrame = 65_535;

/** Hears the frames of one Ethernet interface that a filter lets through. */
export class PacketSocket implements Disposable {
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #watch: Watch;
  readonly #buffer = new Uint8Array(longestFrame);
  #closed = false;

  private constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#watch = libc.watch(fd);
  }

  static open(libc: Libc, name: string, filter: Uint8Array): PacketSocket {
    const index = libc.if_nametoindex(name);
    if (index === 0) throw failed("find", name, constants.errno.ENODEV);
    // Without a protocol it hears nothing until it is bound: no frame gets in before the filter.
    const fd = libc.socket(afPacket, sockRaw | sockNonblock | sockCloexec, 0);
    if (fd < 0) throw failed("listen on", name, libc.errno());
    try {
      if (libc.attachFilter(fd, filter) < 0) throw failed("filter the frames of", name, libc.errno());
      const address = addressOf(index);
      if (libc.bind(fd, address, address.length) < 0) throw failed("listen on", name, libc.errno());
      return new PacketSocket(libc, fd);
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  }

  /** Calls back whenever there is something to receive. */
  listen(onReadable: () => void): void {
    if (!this.#closed) this.#watch.start(onReadable);
  }

  /** The next Ethernet frame, valid until the next call; undefined when there is none now. */
  receive(): Uint8Array | undefined {
    for (;;) {
      const from = new Uint8Array(addressBytes);
      const fromBytes = new Uint8Array(Uint32Array.of(addressBytes).buffer);
      const got = this.#libc.recvfrom(this.#fd, this.#buffer, longestFrame, 0, from, fromBytes);
      if (got < 0) return undefined;
      // On any other link the frame does not begin with Ethernet's header, and the filter looked at something else.
      if (new DataView(from.buffer).getUint16(8, true) === ethernet) return this.#buffer.subarray(0, got);
    }
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.close();
    this.#libc.close(this.#fd);
  }
}

/** `struct sockaddr_ll`: the host's byte order but for the protocol. */
function addressOf(index: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(addressBytes));
  view.setUint16(0, afPacket, true);
  view.setUint16(2, everyProtocol);
  view.setUint32(4, index, true);
  return new Uint8Array(view.buffer);
}

const hints: Readonly<Record<number, string>> = {
  [constants.errno.EPERM]:
    "listening in needs root: `sudo ./dryboot record ...`; it is given up once listening",
  [constants.errno.EACCES]:
    "listening in needs root: `sudo ./dryboot record ...`; it is given up once listening",
  [constants.errno.ENODEV]: "`ip link` lists the interfaces there are",
  [constants.errno.ENETDOWN]: "switch it on: `ip link set INTERFACE up`",
};

function failed(what: string, name: string, errno: number): DrybootError {
  const known = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0];
  return new DrybootError(`cannot ${what} ${name} (${known ?? `errno ${errno}`})`, {
    code: "CAPTURE_SOCKET_FAILED",
    where: `--interface ${name}`,
    hint: hints[errno] ?? `\`ip link show dev ${name}\` shows its state`,
  });
}
