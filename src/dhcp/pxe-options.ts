import { DecodeError } from "../core/errors.ts";
import { ipv4, listOf, raw, u8, u16 } from "../wire/codec.ts";
import type { DecodedFields, ValuesOf } from "./option-fields.ts";
import { collectFields, encodeFields, fieldReader, joinFields } from "./option-fields.ts";

const option = <C>(code: number, codec: C) => ({ code, codec });

/** What option 43 holds in a packet whose option 60 says `PXEClient`, and only there (PXE 2.1 §2.1.1). */
export const pxeOptions = {
  mtftpAddress: option(1, ipv4), // EDK2 drops offers with 1 to 5 as unsupported multicast
  mtftpClientPort: option(2, u16),
  mtftpServerPort: option(3, u16),
  mtftpTimeout: option(4, u8),
  mtftpDelay: option(5, u8),
  discoveryControl: option(6, u8),
  discoveryMulticastAddress: option(7, ipv4),
  // Read and never sent: menus belong to the loader, and docs/dhcp.md says why.
  bootServers: option(8, raw),
  bootMenu: option(9, raw),
  menuPrompt: option(10, raw),
  multicastAddressAllocation: option(11, raw),
  credentialTypes: option(12, raw),
  bootItem: option(71, listOf(u16, 2)), // type, layer
} as const;

/** Bits of `discoveryControl`. */
export const discovery = {
  noBroadcast: 1,
  noMulticast: 2,
  onlyListedServers: 4,
  justBootTheFile: 8,
} as const;

export type PxeOptions = ValuesOf<typeof pxeOptions>;

const readFields = fieldReader(pxeOptions, "option 43, sub-option");

export function decodePxe(value: Uint8Array): DecodedFields<PxeOptions> {
  const parts = new Map<number, Uint8Array[]>();
  collectFields(value, parts);
  return readFields(joinFields(parts));
}

/** What can be read of it; undefined when the sub-options are no list at all: option 43 is any vendor's. */
export function readPxe(value: Uint8Array): PxeOptions | undefined {
  try {
    return decodePxe(value).known;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}

/** With the end mark that ROMs look for instead of counting. */
export function encodePxe(values: PxeOptions): Uint8Array {
  return Uint8Array.from([...encodeFields(pxeOptions, values), 255]);
}
