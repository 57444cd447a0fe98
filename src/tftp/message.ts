import { DecodeError } from "../core/errors.ts";

/** RFC 1350 §5; OACK is RFC 2347. */
const opcodes = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;

/** RFC 1350, appendix I; `optionRefused` is RFC 2347. */
export const errorCodes = {
  undefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  illegalOperation: 4,
  unknownTransferId: 5,
  optionRefused: 8,
} as const;

/** Names in lower case (they are case-insensitive, RFC 2347), values as sent. */
export type RequestedOptions = ReadonlyMap<string, string>;

export type TftpRequest = {
  type: "RRQ" | "WRQ";
  filename: string;
  mode: string;
  options: RequestedOptions;
};

export type TftpMessage =
  | TftpRequest
  | { type: "DATA"; block: number; data: Uint8Array }
  | { type: "ACK"; block: number }
  | { type: "ERROR"; errorCode: number; errMsg: string }
  | { type: "OACK"; options: RequestedOptions };

/** RFC 2347: "the maximum size of a request packet is 512 octets". It also bounds what one request makes us keep. */
const maxRequestBytes = 512;

/** Reads one packet. Throws only `DecodeError`; what it returns shares no memory with `bytes`. */
export function decodeMessage(bytes: Uint8Array): TftpMessage {
  if (bytes.length < 4)
    throw new DecodeError("packet", 0, `at least 4 bytes are needed, not ${bytes.length}`);
  const opcode = u16At(bytes, 0);
  switch (opcode) {
    case opcodes.RRQ:
      return decodeRequest("RRQ", bytes);
    case opcodes.WRQ:
      return decodeRequest("WRQ", bytes);
    case opcodes.DATA:
      return { type: "DATA", block: u16At(bytes, 2), data: Uint8Array.from(bytes.subarray(4)) };
    case opcodes.ACK:
      return { type: "ACK", block: u16At(bytes, 2) };
    case opcodes.ERROR:
      // Some ROMs leave out the terminating NUL: what is there is the message.
      return { type: "ERROR", errorCode: u16At(bytes, 2), errMsg: text(untilNul(bytes.subarray(4))) };
    case opcodes.OACK:
      return { type: "OACK", options: pairs(strings(bytes, 2).map(text)) };
    default:
      throw new DecodeError("opcode", 0, `${opcode} is none of RFC 1350's or 2347's`);
  }
}

const u16At = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

function decodeRequest(type: "RRQ" | "WRQ", bytes: Uint8Array): TftpRequest {
  if (bytes.length > maxRequestBytes) {
    throw new DecodeError(type, maxRequestBytes, `a request has at most ${maxRequestBytes} bytes`);
  }
  const [filename, ...rest] = strings(bytes, 2);
  if (filename === undefined) throw new DecodeError("filename", 2, "is not terminated by NUL");
  // Firmware that copies the name out of DHCP option 67 may drag along its NUL or the end option (255).
  const mode = rest.findIndex((part) => !onlyEndMarks(part));
  if (mode === -1)
    throw new DecodeError("mode", 2 + filename.length + 1, "is missing or not terminated by NUL");
  const [name = "", ...options] = rest.slice(mode).map(text);
  return {
    type,
    filename: text(withoutEndMarks(filename)),
    mode: name.toLowerCase(),
    options: pairs(options),
  };
}

/** The NUL-terminated strings from `start` on; a last one that is cut off is left out. */
function strings(bytes: Uint8Array, start: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let from = start;
  for (let nul = bytes.indexOf(0, from); nul !== -1; nul = bytes.indexOf(0, from)) {
    found.push(bytes.subarray(from, nul));
    from = nul + 1;
  }
  return found;
}

/** Name and value in turn. A name without a value, or padding, is skipped; of a repeated name the first counts. */
function pairs(parts: readonly string[]): RequestedOptions {
  const options = new Map<string, string>();
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const name = parts[i]?.toLowerCase() ?? "";
    if (name !== "" && !options.has(name)) options.set(name, parts[i + 1] ?? "");
  }
  return options;
}

const onlyEndMarks = (bytes: Uint8Array) => bytes.every((byte) => byte === 0xff);

const withoutEndMarks = (bytes: Uint8Array) =>
  bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0xff) + 1);

function untilNul(bytes: Uint8Array): Uint8Array {
  const nul = bytes.indexOf(0);
  return nul === -1 ? bytes : bytes.subarray(0, nul);
}

/** Names are netascii in RFC 1350 and UTF-8 in practice; bytes that are neither become U+FFFD and match no file. */
const utf8 = new TextDecoder();
const text = (bytes: Uint8Array) => utf8.decode(bytes);

export function encodeMessage(message: TftpMessage): Buffer {
  switch (message.type) {
    case "RRQ":
    case "WRQ":
      return Buffer.concat([
        u16(opcodes[message.type]),
        terminated(message.filename, message.mode, ...[...message.options].flat()),
      ]);
    case "DATA":
      return Buffer.concat([dataHeader(message.block), message.data]);
    case "ACK":
      return u16(opcodes.ACK, message.block);
    case "ERROR":
      return Buffer.concat([u16(opcodes.ERROR, message.errorCode), terminated(message.errMsg)]);
    case "OACK":
      return Buffer.concat([u16(opcodes.OACK), terminated(...[...message.options].flat())]);
  }
}

/**
 * An ERROR for a packet of so many bytes, whose sender may be forged: never more than three for one, at the cost of its
 * last words.
 */
export function encodeRefusal(errorCode: number, errMsg: string, receivedBytes: number): Buffer {
  const packet = encodeMessage({ type: "ERROR", errorCode, errMsg });
  const most = 3 * receivedBytes;
  return packet.length <= most ? packet : Buffer.concat([packet.subarray(0, most - 1), Buffer.of(0)]);
}

/** What stands before the bytes of a block, so that they can be sent from where they lie. */
export const dataHeader = (block: number): Buffer => u16(opcodes.DATA, block);

function u16(...values: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 2); // from Node's pool: this is done for every block
  for (const [i, value] of values.entries()) bytes.writeUInt16BE(value, i * 2);
  return bytes;
}

const terminated = (...texts: readonly string[]) => Buffer.from(texts.map((part) => `${part}\0`).join(""));
