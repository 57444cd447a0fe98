import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import { Icmpv6Socket } from "./icmpv6-socket.ts";
import type { Libc } from "./libc.ts";

const unused = (): never => {
  throw new Error("not expected");
};

/** A C library in which everything works, but for what a test replaces. It remembers which descriptors are open. */
function libcWith(changes: Partial<Libc>) {
  const open = new Set<number>();
  const libc: Libc = {
    socket: () => {
      open.add(9);
      return 9;
    },
    close: (fd) => (open.delete(fd) ? 0 : -1),
    setsockopt: () => 0,
    bind: () => 0,
    attachFilter: () => 0,
    sendto: (_fd, bytes) => bytes.length,
    recvfrom: () => -1,
    if_nametoindex: () => 3,
    errno: () => 0,
    watch: () => ({ start: unused, stop: () => {}, close: () => {} }),
    ...changes,
  };
  return { libc, open };
}

describe("a raw ICMPv6 socket", () => {
  test("that may not be opened names the capability", () => {
    const { libc } = libcWith({ socket: () => -1, errno: () => constants.errno.EPERM });
    expect(() => Icmpv6Socket.open(libc, "br0")).toThrow(
      expect.objectContaining({
        message: "cannot open a raw ICMPv6 socket on br0 (EPERM)",
        hint: expect.stringMatching(/CAP_NET_RAW/),
      }),
    );
  });

  test("that cannot be set up is closed again", () => {
    const { libc, open } = libcWith({ setsockopt: () => -1, errno: () => constants.errno.ENODEV });
    expect(() => Icmpv6Socket.open(libc, "br0")).toThrow(/cannot set up the ICMPv6 socket of br0 \(ENODEV\)/);
    expect(open.size).toBe(0);
  });

  test("lets only Router Solicitations through its filter", () => {
    let filter = new Uint8Array();
    const { libc } = libcWith({
      setsockopt(_fd, level, name, value) {
        if (level === 58 && name === 1) filter = Uint8Array.from(value);
        return 0;
      },
    });
    using _socket = Icmpv6Socket.open(libc, "br0");
    const words = new Uint32Array(filter.buffer);
    const passed = Array.from({ length: 256 }, (_, type) => type).filter(
      (type) => (((words[type >> 5] ?? 0) >>> (type & 31)) & 1) === 0,
    );
    expect(passed).toEqual([133]);
  });

  test("says why it could not send, and works on", () => {
    const { libc } = libcWith({ sendto: () => -1, errno: () => constants.errno.EADDRNOTAVAIL });
    using socket = Icmpv6Socket.open(libc, "br0");
    expect(socket.sendToAllNodes(Uint8Array.of(134))).toBe("cannot send on br0 (EADDRNOTAVAIL)");
  });

  test("may be closed twice, and closes its descriptor once", () => {
    const closed: number[] = [];
    const { libc } = libcWith({ close: (fd) => closed.push(fd) });
    const socket = Icmpv6Socket.open(libc, "br0");
    socket[Symbol.dispose]();
    socket[Symbol.dispose](); // by then the number may be somebody else's
    expect(closed).toEqual([9]);
    expect(() => socket.listen(() => {})).not.toThrow();
  });
});
