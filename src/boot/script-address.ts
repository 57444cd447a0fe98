import type { NetbootClient } from "../dhcp/client.ts";
import { parseMac } from "../wire/mac.ts";
import type { BootSite } from "./boot-site.ts";

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
  return `${site.http}/${scriptPath}?${query}`;
}

/** The client that a script's address names, or undefined when it names none. Typed by hand, a MAC may be written in any way. */
export function clientOfScript(query: URLSearchParams): NetbootClient | undefined {
  const mac = parseMac(query.get("mac") ?? "");
  if (mac === undefined) return undefined;
  const uuid = usableUuid(query.get("uuid") ?? undefined);
  const architecture = query.get("arch") ?? "";
  return {
    mac,
    htype: 1, // Ethernet
    ...(uuid === undefined ? {} : { uuid }),
    architectures: /^\d{1,5}$/.test(architecture) ? [Number(architecture)] : [],
    userClasses: [marker],
  };
}

/** Firmware without a UUID sends all zeros or all ones: those name nobody. */
export function usableUuid(uuid: string | undefined): string | undefined {
  const text = uuid?.toLowerCase();
  if (text === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return undefined;
  return /^[0-]+$|^[f-]+$/.test(text) ? undefined : text;
}
