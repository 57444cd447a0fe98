import { DecodeError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { architectureName } from "../dhcp/architectures.ts";
import { uuidOf } from "../dhcp/client.ts";
import { decodeIpxe, ipxeFeatures } from "../dhcp/ipxe-options.ts";
import type { DecodedMessage } from "../dhcp/message.ts";
import { decodeMessage } from "../dhcp/message.ts";
import { collectFields, joinFields } from "../dhcp/option-fields.ts";
import type { DhcpOptions } from "../dhcp/options.ts";
import { options } from "../dhcp/options.ts";
import { decodePxe } from "../dhcp/pxe-options.ts";
import { formatMac } from "../wire/mac.ts";

/** One option as it stands in a packet, and what it says. */
export type ShownOption = Readonly<{ code: number; name: string; rfc?: string; value: string; hex: string }>;

/** A DHCP message for people: nothing in it needs escaping any more. */
export type ShownMessage = Readonly<{
  messageType: string;
  lengthBytes: number;
  /** The header's fields that are not empty, in RFC 2131's names. */
  header: Readonly<Record<string, string>>;
  /** In the order of the packet. */
  options: readonly ShownOption[];
  /** What could not be read. */
  issues: readonly string[];
  /** The whole message. */
  hex: string;
}>;

const rows = new Map(Object.entries(options).map(([name, { code, rfc }]) => [code, { name, rfc }]));
const optionsAt = 240; // RFC 2131 §2 and its magic cookie

/** Decodes a message as any client would: bytes in, and nothing that its writer knew besides. Throws `DecodeError`. */
export function showMessage(bytes: Uint8Array): ShownMessage {
  const message = decodeMessage(bytes);
  return {
    messageType: message.options.messageType ?? "no message type",
    lengthBytes: bytes.length,
    header: headerOf(message),
    options: [...fieldsOf(bytes, message)].map(([code, value]) => showOption(code, value, message)),
    issues: message.issues.map((issue) => issue.message),
    hex: hexOf(bytes),
  };
}

/** The options field, and what option 52 says there is besides in `file` and `sname`. */
function fieldsOf(
  bytes: Uint8Array,
  { options: { optionOverload = 0 } }: DecodedMessage,
): Map<number, Uint8Array> {
  const parts = new Map<number, Uint8Array[]>();
  collectFields(bytes.subarray(optionsAt), parts);
  const areas: [number, Uint8Array][] = [
    [1, bytes.subarray(108, 236)],
    [2, bytes.subarray(44, 108)],
  ];
  for (const [bit, area] of areas) {
    try {
      if ((optionOverload & bit) !== 0) collectFields(area, parts);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error; // the message's own issues name it
    }
  }
  return joinFields(parts);
}

function headerOf(message: DecodedMessage): Record<string, string> {
  const { op, htype, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, sname, file } = message;
  const all: Record<string, string> = {
    op,
    ...(htype === 1 ? {} : { htype: String(htype) }),
    ...(hops === 0 ? {} : { hops: String(hops) }),
    xid: `0x${xid.toString(16).padStart(8, "0")}`,
    ...(secs === 0 ? {} : { secs: String(secs) }),
    ...(flags === 0
      ? {}
      : { flags: `0x${flags.toString(16).padStart(4, "0")}${flags & 0x8000 ? " (broadcast)" : ""}` }),
    ...{ ciaddr, yiaddr, siaddr, giaddr, chaddr: formatMac(chaddr) },
    sname: printable(sname),
    file: printable(file),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== "" && value !== "0.0.0.0"));
}

function showOption(code: number, bytes: Uint8Array, message: DecodedMessage): ShownOption {
  const row = rows.get(code);
  const shown = { code, hex: hexOf(bytes) };
  if (!row) return { ...shown, name: "unknown", value: `${bytes.length} bytes` };
  const { name, rfc } = row;
  const value = message.unknown.has(code) ? "malformed" : textOf(name as keyof DhcpOptions, message);
  return { ...shown, name, rfc, value: printable(value, 300) };
}

/** What a value means, where its own text does not say it. */
const readers: Partial<Record<keyof DhcpOptions, (message: DecodedMessage) => string | undefined>> = {
  clientSystemArch: ({ options: { clientSystemArch = [] } }) =>
    clientSystemArch.map((code) => `${code} (${architectureName(code)})`).join(", "),
  clientMachineIdentifier: ({ options: { clientMachineIdentifier: value } }) => value && uuidOf(value),
  clientIdentifier: ({ options: { clientIdentifier: value } }) =>
    value?.length === 7 && value[0] === 1 ? formatMac(value.subarray(1)) : undefined,
  ipxe: ({ options: { ipxe } }) => ipxe && ipxeText(ipxe),
  vendorSpecificInformation: ({ options: { vendorSpecificInformation: value } }) => value && pxeText(value),
  ipAddressLeaseTime: ({ options: { ipAddressLeaseTime: value } }) => seconds(value),
  renewalTimeValue: ({ options: { renewalTimeValue: value } }) => seconds(value),
  rebindingTimeValue: ({ options: { rebindingTimeValue: value } }) => seconds(value),
};

function textOf(name: keyof DhcpOptions, message: DecodedMessage): string {
  return readers[name]?.(message) ?? plain(message.options[name]);
}

function plain(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([key, part]) => `${key} ${plain(part)}`)
      .join(" ");
  }
  return String(value);
}

function ipxeText(value: Uint8Array): string | undefined {
  const decoded = decodeIpxe(value);
  if (!decoded) return undefined;
  const { version, features, options: inside } = decoded;
  const named = [...features].map((code) => `${code} ${ipxeFeatures[code] ?? "unknown"}`);
  const others = Object.entries(inside).filter(([name]) => name !== "version" && name !== "busId");
  return [
    ...(version === undefined ? [] : [`version ${version}`]),
    ...others.map(([name, part]) => `${name} ${plain(part)}`),
    ...(named.length === 0 ? [] : [`features ${named.join(", ")}`]),
  ].join("; ");
}

function pxeText(value: Uint8Array): string | undefined {
  try {
    const { known } = decodePxe(value);
    return Object.entries(known)
      .map(([name, part]) => `${name} ${plain(part)}`)
      .join("; ");
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined; // another vendor's
  }
}

function seconds(value: number | undefined): string {
  return value === 0xffff_ffff ? "for ever" : `${value} s`;
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
