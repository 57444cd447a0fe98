/** Hardware addresses are lower-case text with colons, `52:54:00:69:00:0a`: one spelling, so that text can be compared. */

/** Any usual spelling (`52-54-00-69-00-0A`, `5254.0069.000a`, `52540069000a`) in ours; undefined when it is no MAC. */
export function parseMac(text: string): string | undefined {
  const spellings =
    /^(?:[\da-f]{2}(?:([:-])[\da-f]{2})(?:\1[\da-f]{2}){4}|(?:[\da-f]{4}\.){2}[\da-f]{4}|[\da-f]{12})$/i;
  if (!spellings.test(text)) return undefined;
  const digits = text.toLowerCase().replaceAll(/[^\da-f]/g, "");
  return digits.match(/../g)?.join(":");
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Six bytes for Ethernet, more or fewer for other hardware (EDK2 can be told to send its 16-byte GUID). */
export function formatMac(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += text === "" ? hex[byte] : `:${hex[byte]}`;
  return text;
}

export function macBytes(mac: string): Uint8Array {
  return mac === "" ? new Uint8Array() : Uint8Array.from(mac.split(":"), (pair) => Number.parseInt(pair, 16));
}
