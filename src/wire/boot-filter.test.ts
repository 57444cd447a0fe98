import { describe, expect, test } from "vitest";
import { bootFilter } from "./boot-filter.ts";
import { isBootReply, isBootRequest } from "./boot-traffic.ts";
import { udpFrame } from "./capture.fixture.ts";
import { udpDatagramOf } from "./ethernet.ts";

const client = ["10.69.0.10", 68] as const;
const server = (port: number) => ["10.69.0.1", port] as const;
const request = Uint8Array.of(1, 1, 6, 0);
const reply = Uint8Array.of(2, 1, 6, 0);

const frames = {
  "a DHCP request": udpFrame(client, server(67), request),
  "a question to a boot server": udpFrame(client, server(4011), request),
  "a TFTP request": udpFrame(["10.69.0.10", 2070], server(69), Uint8Array.of(0, 1)),
  "a DHCP reply": udpFrame(server(67), client, reply),
  "a boot server's reply": udpFrame(server(4011), ["10.69.0.10", 4011], reply),
  "a relay's request": udpFrame(server(67), server(67), request),
  "TFTP data": udpFrame(server(40_000), ["10.69.0.10", 2070], Uint8Array.of(0, 3)),
  "a DNS query": udpFrame(client, server(53), request),
};
const asked = Object.values(frames).slice(0, 3);

/** Classic BPF as the kernel runs it, as far as our programs go. */
function passes(filter: Uint8Array, frame: Uint8Array): boolean {
  const program = new DataView(filter.buffer);
  const packet = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let [a, x] = [0, 0];
  for (let at = 0; at * 8 < filter.length; at += 1) {
    const k = program.getUint32(8 * at + 4, true);
    const jump = (holds: boolean) => program.getUint8(8 * at + (holds ? 2 : 3));
    const code = program.getUint16(8 * at, true);
    if (code === 0x06) return k > 0;
    if (code === 0xb1) x = 4 * (packet.getUint8(k) & 15);
    else if (code === 0x15) at += jump(a === k);
    else if (code === 0x45) at += jump((a & k) !== 0);
    else a = load(packet, code, k, x);
  }
  throw new Error("ran past its end");
}

function load(packet: DataView, code: number, k: number, x: number): number {
  if (code === 0x28) return packet.getUint16(k);
  if (code === 0x30) return packet.getUint8(k);
  if (code === 0x48) return packet.getUint16(x + k);
  throw new Error(`code ${code}`);
}

describe("the filter of a recording", () => {
  test.each(Object.entries(frames))("lets %s through only when it is a request", (_, frame) => {
    const isWanted = asked.includes(frame) || frame === frames["a relay's request"];
    // A boot server's reply goes from port 4011 to port 4011: which of the two it is stands in its first byte.
    const looksLikeOne = frame === frames["a boot server's reply"];
    expect(passes(bootFilter({ replies: false }), frame)).toBe(isWanted || looksLikeOne);
    const datagram = udpDatagramOf(1, frame);
    expect(datagram && isBootRequest(datagram)).toBe(isWanted);
  });

  test.each(Object.entries(frames).slice(3, 5))("lets %s through where replies are wanted", (_, frame) => {
    expect(passes(bootFilter({ replies: true }), frame)).toBe(true);
    const datagram = udpDatagramOf(1, frame);
    expect(datagram && isBootReply(datagram)).toBe(true);
  });

  test.each(["TFTP data", "a DNS query"] as const)("never lets %s through", (name) => {
    expect(passes(bootFilter({ replies: true }), frames[name])).toBe(false);
  });

  test("finds the ports behind IPv4 options, and none in fragments, IPv6 and TCP", () => {
    const frame = frames["a DHCP request"];
    const withOptions = Uint8Array.of(...frame.subarray(0, 34), 1, 1, 1, 1, ...frame.subarray(34)).with(
      14,
      0x46,
    );
    expect(passes(bootFilter({ replies: false }), withOptions)).toBe(true);
    for (const other of [frame.with(20, 0x20), frame.with(21, 1), frame.with(12, 0x86), frame.with(23, 6)]) {
      expect(passes(bootFilter({ replies: true }), other)).toBe(false);
    }
  });
});
