import type { NetbootClient } from "./client.ts";
import { uuidOf } from "./client.ts";
import type { ClientKey } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";

/**
 * The hardware address where there is one. RFC 2131 §4.2 prefers option 61, but a machine that netboots asks several
 * times with different ones (firmware, iPXE, kernel), and must be the same client each time.
 */
export function clientKeyOf(message: DhcpMessage, client: NetbootClient): ClientKey | undefined {
  if (client.mac !== "" && !isNoGuid(message.chaddr)) return `${message.htype}/${client.mac}`;
  const { clientIdentifier, clientMachineIdentifier } = message.options;
  if (clientIdentifier) return `id/${hexOf(clientIdentifier)}`;
  return clientMachineIdentifier && uuidOf(clientMachineIdentifier) && `uuid/${client.uuid}`;
}

/** EDK2 sends sixteen times ff when it is told to send its GUID and has none (PXE 2.1 §3.2.1): that is nobody's name. */
function isNoGuid(chaddr: Uint8Array): boolean {
  return chaddr.length === 16 && chaddr.every((byte) => byte === 0xff);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
