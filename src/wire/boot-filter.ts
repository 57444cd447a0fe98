import { bootReplyPorts, bootRequestPorts } from "./boot-traffic.ts";

/** One instruction of classic BPF (linux/filter.h): code, jumps when true and when false, operand. */
type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, k: number];

const loadHalf = 0x28;
const loadByte = 0x30;
const loadHalfBehindX = 0x48;
const loadHeaderLength = 0xb1; // X = 4 * (byte & 15), for the length of an IPv4 header
const jumpIfEqual = 0x15;
const jumpIfAny = 0x45;
const end = 0x06;

/**
 * A filter for Ethernet frames that lets through what clients ask of servers they boot from, and with `replies` what
 * DHCP answers. A busy network's other traffic then costs nothing. Little-endian, as every machine Linux netboots here.
 */
export function bootFilter({ replies }: { replies: boolean }): Uint8Array {
  const ports: Instruction[] = [
    [loadHalfBehindX, 0, 0, 16], // UDP's destination port
    ...bootRequestPorts.map((port): Instruction => [jumpIfEqual, accept, 0, port]),
    ...(replies
      ? [
          [loadHalfBehindX, 0, 0, 14] as const, // its source port
          ...bootReplyPorts.map((port): Instruction => [jumpIfEqual, accept, 0, port]),
        ]
      : []),
  ];
  const program: Instruction[] = [
    [loadHalf, 0, 0, 12],
    [jumpIfEqual, 0, drop, 0x0800], // IPv4
    [loadByte, 0, 0, 23],
    [jumpIfEqual, 0, drop, 17], // UDP
    [loadHalf, 0, 0, 20],
    [jumpIfAny, drop, 0, 0x3fff], // a fragment
    [loadHeaderLength, 0, 0, 14],
    ...ports,
    [end, 0, 0, 0],
    [end, 0, 0, 0xffff],
  ];
  return encode(program);
}

/** Jumps count from the instruction behind; these two become the last ones, where the program ends. */
const drop = 254;
const accept = 255;

function encode(program: readonly Instruction[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * program.length));
  program.forEach(([code, whenTrue, whenFalse, k], at) => {
    const distance = (jump: number) =>
      jump === drop ? program.length - 3 - at : jump === accept ? program.length - 2 - at : jump;
    view.setUint16(8 * at, code, true);
    view.setUint8(8 * at + 2, distance(whenTrue));
    view.setUint8(8 * at + 3, distance(whenFalse));
    view.setUint32(8 * at + 4, k, true);
  });
  return new Uint8Array(view.buffer);
}
