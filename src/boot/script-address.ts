import type { NetbootClient } from "../dhcp/client.ts";
import { parseMac } from "../wire/mac.ts";
import type { BootSite } from "./boot-site.ts";
import type { FirmwareFact } from "./conditions.ts";
import { firmwareFacts } from "./conditions.ts";
import type { BootClient } from "./effective-settings.ts";
import type { Word } from "./ipxe/words.ts";

/** Names this project in a user class (option 77) and in the address of a script: whoever shows it is past the loader. */
export const marker = "dryboot";

/** Where the HTTP server hands out scripts. */
export const scriptPath = "boot.ipxe";

/**
 * The address that is given to an iPXE as its boot file. It says all that the script depends on, because an iPXE that
 * took over the firmware's lease fetches without a DHCP exchange of its own (iPXE `core/cachedhcp.c`). iPXE expands the
 * file name and parses it as a URI: no `${`, and no `:` behind the server. At most 124 bytes on Ethernet, so that it fits the
 * 128-byte `file` field for firmware that reads nothing else.
 */
export function scriptAddress(client: NetbootClient, site: BootSite): string {
  const query = new URLSearchParams({ by: marker, mac: client.mac.replaceAll(":", "-") });
  const uuid = usableUuid(client.uuid);
  if (uuid !== undefined) query.set("uuid", uuid);
  const [architecture] = client.architectures;
  if (architecture !== undefined) query.set("arch", String(architecture));
  const { hostName = "" } = client;
  // Firmware has no host name and Linux fetches no script: it costs the others nothing.
  if (plainHostName.test(hostName) && site.rules?.some(({ when }) => when.has("hostname"))) {
    query.set("host", hostName);
  }
  return `${site.http}/${scriptPath}?${query}`;
}

const plainHostName = /^[A-Za-z0-9._-]{1,63}$/;

/** The same address with what only iPXE knows: it fills that in, as the bytes it found in SMBIOS, in hexadecimal. */
export function addressWithFacts(address: string, facts: readonly FirmwareFact[]): Word {
  return [address, ...facts.flatMap((fact) => [`&${fact}=`, { setting: `${fact}:hexraw` }])];
}

/** As iPXE fills it in. */
export function factInAddress(text: string): string {
  return Buffer.from(text).toString("hex");
}

const longestFact = 128; // SMBIOS 2.x holds 64 characters, and no vendor was seen to write more

/** Undefined where the address has none, or what no iPXE fills in. */
function factsIn(query: URLSearchParams): BootClient["facts"] {
  const facts = firmwareFacts.flatMap((fact): [FirmwareFact, string][] => {
    const hex = query.get(fact);
    if (hex === null || !/^([0-9a-f]{2})*$/i.test(hex) || hex.length > 2 * longestFact) return [];
    return [[fact, Buffer.from(hex, "hex").toString("utf8")]];
  });
  return facts.length === 0 ? undefined : Object.fromEntries(facts);
}

/**
 * The client that a script's address names, or undefined when it names none. Typed by hand, a MAC may be written in any
 * way. `address` is where it is asked from.
 */
export function clientOfScript(query: URLSearchParams, address?: string): BootClient | undefined {
  const mac = parseMac(query.get("mac") ?? "");
  if (mac === undefined) return undefined;
  const host = query.get("host") ?? "";
  const facts = factsIn(query);
  const uuid = usableUuid(query.get("uuid") ?? undefined);
  const architecture = query.get("arch") ?? "";
  return {
    mac,
    htype: 1, // Ethernet
    ...(uuid === undefined ? {} : { uuid }),
    architectures: /^\d{1,5}$/.test(architecture) ? [Number(architecture)] : [],
    userClasses: [marker],
    ...(facts === undefined ? {} : { facts }),
    ...(plainHostName.test(host) ? { hostName: host } : {}),
    ...(address === undefined ? {} : { address }),
  };
}

/** Firmware without a UUID sends all zeros or all ones: those name nobody. */
export function usableUuid(uuid: string | undefined): string | undefined {
  const text = uuid?.toLowerCase();
  if (text === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return undefined;
  return /^[0-]+$|^[f-]+$/.test(text) ? undefined : text;
}
