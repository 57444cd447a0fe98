import { DecodeError } from "../core/errors.ts";
import { flag, i8, raw, text, u8 } from "../wire/codec.ts";
import type { ValuesOf } from "./option-fields.ts";
import { collectFields, encodeFields, fieldReader, joinFields } from "./option-fields.ts";

const option = <C>(code: number, codec: C) => ({ code, codec });

/** What iPXE puts into option 175 and reads from it (its `include/ipxe/dhcp.h`). Features are in the table below. */
export const ipxeOptions = {
  priority: option(0x01, i8),
  keepSan: option(0x08, flag),
  skipSanBoot: option(0x09, flag),
  scriptlet: option(0x51, text),
  syslogs: option(0x55, text),
  trust: option(0x5a, raw),
  cert: option(0x5b, raw),
  privkey: option(0x5c, raw),
  crosscert: option(0x5d, text),
  /** 1: do not wait for a proxyDHCP server, which otherwise costs 2 s in every boot. */
  noPxedhcp: option(0xb0, flag),
  busId: option(0xb1, raw),
  useCached: option(0xb2, flag),
  sanFilename: option(0xbc, text),
  biosDrive: option(0xbd, u8),
  username: option(0xbe, text),
  password: option(0xbf, text),
  reverseUsername: option(0xc0, text),
  reversePassword: option(0xc1, text),
  version: option(0xeb, raw),
} as const;

/** Sub-options 0x10 to 0x4f say what this iPXE was built with (its `include/ipxe/features.h`). */
export const ipxeFeatures: Readonly<Record<number, string>> = {
  16: "pxeext",
  17: "iscsi",
  18: "aoe",
  19: "http",
  20: "https",
  21: "tftp",
  22: "ftp",
  23: "dns",
  24: "bzimage",
  25: "multiboot",
  26: "slam",
  27: "srp",
  32: "nbi",
  33: "pxe",
  34: "elf",
  35: "comboot",
  36: "efi",
  37: "fcoe",
  38: "vlan",
  39: "menu",
  40: "sdi",
  41: "nfs",
};

export type IpxeOptions = ValuesOf<typeof ipxeOptions>;

export type DecodedIpxe = Readonly<{
  options: IpxeOptions;
  /** Feature codes, including those newer than our table. */
  features: ReadonlySet<number>;
  /** `1.0.0`; builds that do not say are older or trimmed. */
  version?: string;
  issues: readonly DecodeError[];
}>;

const readIpxe = fieldReader(ipxeOptions, "option 175, sub-option");

/** Undefined when option 175 holds something else: IANA gave it to nobody, and others use it too. */
export function decodeIpxe(value: Uint8Array): DecodedIpxe | undefined {
  const parts = new Map<number, Uint8Array[]>();
  try {
    collectFields(value, parts);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
  const { known, unknown, issues } = readIpxe(joinFields(parts));
  const features = new Set<number>();
  for (const [code, marker] of unknown) {
    // A feature's value is its version; 0 would be "not there" (`isset ${175.39}` is how scripts ask).
    if (code >= 0x10 && code <= 0x4f && marker.some((byte) => byte !== 0)) features.add(code);
  }
  const version = known.version?.join(".");
  return { options: known, features, issues, ...(version ? { version } : {}) };
}

export function encodeIpxe(values: IpxeOptions): Uint8Array {
  return encodeFields(ipxeOptions, values);
}
