import { DrybootError } from "../core/errors.ts";

/** Watches a file descriptor from the event loop. */
export interface Watch {
  /** Calls back whenever there is something to read, until stopped. */
  start(onReadable: () => void): void;
  stop(): void;
  close(): void;
}

/** The system calls Node does not offer: ICMPv6 needs a raw socket, and so does listening in. Negative results set `errno()`. */
export interface Libc {
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, sizeBytes: number): number;
  bind(fd: number, address: Uint8Array, sizeBytes: number): number;
  /** `SO_ATTACH_FILTER`: the kernel hands on only what this program of classic BPF lets through. */
  attachFilter(fd: number, program: Uint8Array): number;
  sendto(
    fd: number,
    bytes: Uint8Array,
    sizeBytes: number,
    flags: number,
    to: Uint8Array,
    toBytes: number,
  ): number;
  recvfrom(
    fd: number,
    bytes: Uint8Array,
    sizeBytes: number,
    flags: number,
    from: Uint8Array,
    fromBytes: Uint8Array,
  ): number;
  close(fd: number): number;
  if_nametoindex(name: string): number;
  errno(): number;
  watch(fd: number): Watch;
}

/** Loads the foreign function interface only when a raw socket is wanted: everything else runs without it. */
export async function loadLibc(): Promise<Libc> {
  try {
    const { default: koffi } = await import("koffi");
    const library = koffi.load(null); // libc is already in this process
    const program = koffi.struct({ len: "uint16_t", filter: "void *" }); // `struct sock_fprog`
    const setFilter = library.func("setsockopt", "int", [
      ...["int", "int", "int"],
      koffi.pointer(program),
      "uint32_t",
    ]);
    return {
      socket: library.func("int socket(int, int, int)"),
      setsockopt: library.func("int setsockopt(int, int, int, void *, uint32_t)"),
      bind: library.func("int bind(int, void *, uint32_t)"),
      attachFilter: (fd, filter) =>
        setFilter(fd, 1, 26, { len: filter.length / 8, filter }, koffi.sizeof(program)),
      sendto: library.func("intptr_t sendto(int, void *, size_t, int, void *, uint32_t)"),
      recvfrom: library.func("intptr_t recvfrom(int, void *, size_t, int, void *, void *)"),
      close: library.func("int close(int)"),
      if_nametoindex: library.func("uint32_t if_nametoindex(const char *)"),
      errno: () => koffi.errno(),
      watch(fd) {
        // koffi aborts the process when it polls a descriptor that is not open: only ever hand it one that is.
        const handle = koffi.node.poll(fd, { readable: true }, () => {});
        handle.stop();
        return {
          start: (onReadable) => handle.start({ readable: true }, onReadable),
          stop: () => handle.stop(),
          close: () => handle.close(),
        };
      },
    };
  } catch (cause) {
    throw new DrybootError("cannot load the foreign function interface", {
      code: "FFI_UNAVAILABLE",
      where: "raw sockets",
      hint: "run `npm ci` again without `--omit=optional`: the package koffi carries its binary as an optional dependency",
      cause,
    });
  }
}
