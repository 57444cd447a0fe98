import { concat } from "./codec.ts";

const little = true;
const ethernet = 1;

/** The beginning of a pcapng file with one Ethernet interface of this name (draft-ietf-opsawg-pcapng §4.1, §4.2). */
export function pcapngHeader(interfaceName: string): Uint8Array {
  const section = block(0x0a0d0d0a, 16, (body) => {
    body.setUint32(0, 0x1a2b3c4d, little);
    body.setUint16(4, 1, little);
    body.setBigInt64(8, -1n, little); // how long the section is, nobody knows yet
  });
  const name = new TextEncoder().encode(interfaceName);
  const padded = name.length + (-name.length & 3);
  const description = block(1, 8 + 4 + padded + 4, (body, bytes) => {
    body.setUint16(0, ethernet, little);
    body.setUint16(8, 2, little); // if_name
    body.setUint16(10, name.length, little);
    bytes.set(name, 12);
  });
  return concat([section, description]);
}

/** One frame, or its beginning (§4.3); `timeMs` counts from the epoch. */
export function pcapngFrame(timeMs: number, bytes: Uint8Array, originalLength: number): Uint8Array {
  const padded = bytes.length + (-bytes.length & 3);
  const micros = BigInt(Math.round(timeMs * 1000));
  return block(6, 20 + padded, (body, into) => {
    body.setUint32(4, Number(micros >> 32n), little);
    body.setUint32(8, Number(micros & 0xffffffffn), little);
    body.setUint32(12, bytes.length, little);
    body.setUint32(16, originalLength, little);
    into.set(bytes, 20);
  });
}

/** Its type, its length in front and behind, and what `fill` puts between them. */
function block(type: number, length: number, fill: (body: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array(length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, little);
  view.setUint32(4, bytes.length, little);
  view.setUint32(bytes.length - 4, bytes.length, little);
  fill(new DataView(bytes.buffer, 8, length), bytes.subarray(8, 8 + length));
  return bytes;
}
