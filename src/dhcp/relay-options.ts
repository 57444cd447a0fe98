import { DecodeError } from "../core/errors.ts";
import { ipv4, raw } from "../wire/codec.ts";
import type { DhcpMessage } from "./message.ts";
import type { DecodedFields, ValuesOf } from "./option-fields.ts";
import { collectFields, fieldReader, joinFields } from "./option-fields.ts";

const option = <C>(code: number, codec: C) => ({ code, codec });

/** What a relay writes into option 82. All of it is echoed as it came; only what decides an answer is read. */
const relayOptions = {
  circuitId: option(1, raw), // RFC 3046 §3.1
  remoteId: option(2, raw), // RFC 3046 §3.2
  linkSelection: option(5, ipv4), // RFC 3527 §3
  serverIdentifierOverride: option(11, ipv4), // RFC 5107 §4
} as const;

export type RelayInformation = ValuesOf<typeof relayOptions>;

const readRelay = fieldReader(relayOptions, "option 82, sub-option");

export function decodeRelay(value: Uint8Array): DecodedFields<RelayInformation> {
  const parts = new Map<number, Uint8Array[]>();
  collectFields(value, parts);
  return readRelay(joinFields(parts));
}

/** What can be read of a message's option 82: the rest of it is the relay's business. */
export function relayInformationIn({ options }: DhcpMessage): RelayInformation {
  const { relayAgentInformation } = options;
  if (!relayAgentInformation) return {};
  try {
    return decodeRelay(relayAgentInformation).known;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return {};
  }
}
