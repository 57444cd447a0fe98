import { DecodeError } from "../core/errors.ts";
import type { DecodedFields } from "./option-fields.ts";
import { collectFields, fieldReader, joinFields } from "./option-fields.ts";
import type { DhcpOptions } from "./options.ts";
import { options } from "./options.ts";

export type DecodedOptions = DecodedFields<DhcpOptions>;

const overloadCode = options.optionOverload.code;
const readOptions = fieldReader(options, "option");

/**
 * The options of a message. `file` and `sname` are the header's fields as sent: option 52 may say that they hold
 * options too, in this order (RFC 2131 §4.1).
 */
export function decodeOptions(
  bytes: Uint8Array,
  file: Uint8Array = new Uint8Array(),
  sname: Uint8Array = new Uint8Array(),
): DecodedOptions {
  const parts = new Map<number, Uint8Array[]>();
  collectFields(bytes, parts);
  const overload = parts.get(overloadCode)?.[0]?.[0] ?? 0;
  const issues: DecodeError[] = [];
  const more: [number, string, Uint8Array][] = [
    [1, "file", file],
    [2, "sname", sname],
  ];
  for (const [bit, field, area] of more) {
    if ((overload & bit) === 0) continue;
    const problem = tryCollect(area, field, parts);
    if (problem) issues.push(problem);
  }
  const decoded = readOptions(joinFields(parts));
  return { ...decoded, issues: [...issues, ...decoded.issues] };
}

/** Only the options field decides whether a packet is a message at all; what spills over from it is a bonus. */
function tryCollect(
  area: Uint8Array,
  field: string,
  parts: Map<number, Uint8Array[]>,
): DecodeError | undefined {
  try {
    collectFields(area, parts);
    return undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return new DecodeError(`options in ${field}`, error.offset, error.message);
  }
}
