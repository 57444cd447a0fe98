import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { hex, pcapFile, udpFrame } from "./capture.fixture.ts";
import { readCapture } from "./capture.ts";
import { udpDatagramOf } from "./ethernet.ts";
import { pcapFrame, pcapHeader } from "./pcap.ts";

const all = (file: Uint8Array) => [...readCapture(file)];

describe("a pcap file", () => {
  test("gives back what was written", () => {
    const frames = [hex("00 01 02"), new Uint8Array(1500).fill(7)];
    expect(all(pcapFile(frames))).toEqual(
      frames.map((bytes, index) => ({
        timeMs: 1000 * (index + 1),
        linkType: 1,
        bytes,
        originalLength: bytes.length,
      })),
    );
    const [late] = all(new Uint8Array([...pcapHeader(101), ...pcapFrame(1_795_000_000_123.456, hex("45"))]));
    expect(late).toMatchObject({ linkType: 101, timeMs: 1_795_000_000_123.456 });
  });

  // draft-ietf-opsawg-pcap §4
  test.each([
    [
      "big-endian",
      "a1b2c3d4 0002 0004 00000000 00000000 00000258 00000001",
      "00000001 0007a120 00000002 00000009 abcd",
    ],
    [
      "little-endian",
      "d4c3b2a1 0200 0400 00000000 00000000 58020000 01000000",
      "01000000 20a10700 02000000 09000000 abcd",
    ],
    [
      "in nanoseconds",
      "4d3cb2a1 0200 0400 00000000 00000000 58020000 010000f0",
      "01000000 0065cd1d 02000000 09000000 abcd",
    ],
  ])("may be %s", (_, header, frame) => {
    expect(all(hex(header + frame))).toEqual([
      { timeMs: 1500, linkType: 1, bytes: hex("abcd"), originalLength: 9 },
    ]);
  });

  test("that is still being written gives all that is whole, and then says where it ends", () => {
    const file = pcapFile([hex("01 02 03"), hex("04 05 06")]);
    const seen: Uint8Array[] = [];
    expect(() => {
      for (const { bytes } of readCapture(file.subarray(0, -1))) seen.push(bytes);
    }).toThrow("frame: needs 3 bytes, 2 left (at byte 59)");
    expect(seen).toEqual([hex("01 02 03")]);
  });

  test.each([
    ["nothing", ""],
    ["another format", "504b0304 00000000"],
    ["half a header", "d4c3b2a1 0200"],
    [
      "a frame longer than any",
      "d4c3b2a1 0200 0400 00000000 00000000 58020000 01000000 00000000 00000000 ffffffff ffffffff",
    ],
  ])("with %s is a DecodeError", (_, file) => expect(() => all(hex(file))).toThrow(DecodeError));
});

describe("a pcapng file", () => {
  // draft-ietf-opsawg-pcapng §4.1 to §4.4
  const section = "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000";
  const ethernet = "01000000 14000000 01000000 00000000 14000000";
  const nanoseconds = "01000000 1c000000 01000000 00000000 0900 0100 09000000 1c000000";
  const frame = (time: string) => `06000000 24000000 00000000 ${time} 02000000 09000000 abcd0000 24000000`;

  test("counts time as its interface does", () => {
    const millis = (1_795_000_000_000n * 1000n).toString(16).padStart(16, "0");
    const little = (word: string) => Buffer.from(word, "hex").reverse().toString("hex");
    const now = little(millis.slice(0, 8)) + little(millis.slice(8));
    expect(all(hex(section + ethernet + frame(now)))).toEqual([
      { timeMs: 1_795_000_000_000, linkType: 1, bytes: hex("abcd"), originalLength: 9 },
    ]);
    expect(all(hex(section + nanoseconds + frame("00000000 002f6859")))[0]?.timeMs).toBe(1500);
  });

  test("may be big-endian, and hold simple packets and blocks nobody knows", () => {
    const file = `0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffff ffffffff 0000001c
      00000001 00000014 0001 0000 00000001 00000014
      00000bad 00000010 01020304 00000010
      00000003 00000014 00000009 ab000000 00000014`;
    expect(all(hex(file))).toEqual([{ timeMs: 0, linkType: 1, bytes: hex("ab"), originalLength: 9 }]);
  });

  test("begins again with every section", () => {
    expect(all(hex(section + ethernet + section + ethernet + frame("00000000 60e31600")))).toHaveLength(1);
    expect(() => all(hex(section + ethernet + section + frame("00000000 60e31600")))).toThrow(
      /interface: 0 was not described/,
    );
  });

  test.each([
    ["a byte order of its own", section.replace("4d3c2b1a", "00112233")],
    ["a block of no length", `${section} 01000000 00000000`],
    ["a block that ends otherwise than it began", section.replace(/1c000000$/, "20000000")],
    [
      "a frame longer than its block",
      section + ethernet + frame("00000000 60e31600").replace("02000000", "ff000000"),
    ],
  ])("with %s is a DecodeError", (_, file) => expect(() => all(hex(file))).toThrow(DecodeError));
});

describe("a frame", () => {
  const payload = hex("01 02 03");
  const frame = udpFrame(["0.0.0.0", 68], ["255.255.255.255", 67], payload);
  const found = {
    source: "0.0.0.0",
    sourcePort: 68,
    destination: "255.255.255.255",
    destinationPort: 67,
    payload,
    cut: false,
  };
  const packet = frame.subarray(14);

  test.each([
    ["Ethernet", 1, frame],
    ["Ethernet that was filled up to its shortest", 1, Uint8Array.of(...frame, ...new Uint8Array(15))],
    ["a VLAN", 1, Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 5, ...frame.subarray(12))],
    ["Linux's any interface", 113, Uint8Array.of(...new Uint8Array(14), 8, 0, ...packet)],
    ["its second form", 276, Uint8Array.of(8, 0, ...new Uint8Array(18), ...packet)],
    ["plain IP", 101, packet],
    ["the loopback", 0, Uint8Array.of(2, 0, 0, 0, ...packet)],
  ])("of %s yields its datagram", (_, linkType, bytes) => {
    expect(udpDatagramOf(linkType, bytes)).toMatchObject(found);
  });

  test("names the card that sent it", () => {
    expect(udpDatagramOf(1, frame)?.mac).toBe("52:54:00:69:00:0a");
  });

  test("that the capture cut says so", () => {
    expect(udpDatagramOf(1, frame.subarray(0, -1))).toEqual({
      mac: "52:54:00:69:00:0a",
      ...found,
      payload: hex("01 02"),
      cut: true,
    });
  });

  const changed = (at: number, value: number) => frame.with(at, value);
  test.each([
    ["ARP", 1, changed(13, 6)],
    ["IPv6 in a frame that says IPv4", 1, changed(14, 0x65)],
    ["TCP", 1, changed(23, 6)],
    ["a first fragment", 1, changed(20, 0x20)],
    ["a later fragment", 1, changed(21, 1)],
    ["a header shorter than a header", 1, changed(14, 0x41)],
    ["a datagram longer than its packet", 1, changed(39, 99)],
    ["an unknown link", 147, frame],
  ])("with %s yields nothing", (_, linkType, bytes) => {
    expect(udpDatagramOf(linkType, bytes)).toBeUndefined();
  });
});

describe("hostile captures", () => {
  const files = [
    pcapFile([udpFrame(["10.0.0.1", 67], ["10.0.0.2", 68], new Uint8Array(40))]),
    hex(
      "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000 01000000 1c000000 01000000 00000000 0900 0100 09000000 1c000000 06000000 24000000 00000000 00000000 002f6859 02000000 09000000 abcd0000 24000000",
    ),
  ];

  test("end, in frames or in a DecodeError, whatever bytes were changed", () => {
    let seed = 20261120;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    for (let run = 0; run < 20_000; run += 1) {
      const file = files[run % files.length]?.slice() ?? new Uint8Array();
      for (let hits = 1 + random(6); hits > 0; hits -= 1) file[random(file.length)] = random(256);
      read(file.subarray(0, random(file.length + 1)));
    }
  });
});

function read(file: Uint8Array): void {
  try {
    for (const { linkType, bytes } of readCapture(file)) {
      for (const link of [linkType, 0, 1, 101, 113, 276]) udpDatagramOf(link, bytes);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}
