import type { NetbootClient } from "./client.ts";
import { bootProtocolOf } from "./client.ts";
import { encodeIpxe } from "./ipxe-options.ts";
import type { DhcpMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";
import { options } from "./options.ts";
import type { BootAnswer } from "./policy.ts";

/** What a reply says about booting, and in words why. */
export type BootFields = Readonly<{
  header: Partial<Pick<DhcpMessage, "siaddr" | "sname" | "file">>;
  options: DhcpOptions;
  reason?: string;
}>;

const nothing: BootFields = { header: {}, options: {} };
const skipProxyWait = encodeIpxe({ noPxedhcp: true });

/**
 * The boot part of an OFFER or ACK of a full DHCP server; in both, because firmware takes it from either.
 * Operating systems get none of it: Debian's installer, for one, takes any file name for its preseed file.
 */
export function bootFieldsFor(
  client: NetbootClient,
  boot: (client: NetbootClient) => BootAnswer,
): BootFields {
  const protocol = bootProtocolOf(client);
  if (protocol === undefined) return nothing;
  // Without it iPXE spends 2 s waiting for a proxyDHCP server that does not exist here.
  const always: DhcpOptions = client.ipxe ? { ipxe: skipProxyWait } : {};
  const answer = boot(client);
  if ("none" in answer) return { header: {}, options: always, reason: `no boot file: ${answer.none}` };

  const { file, nextServer } = answer;
  if (protocol === "http" && !/^https?:\/\//.test(file)) {
    return { header: {}, options: always, reason: `no boot file: ${file} is no URI, and it boots over HTTP` };
  }
  return {
    // EDK2 prefers option 67, U-Boot and others read only `file`, the server is always taken from `siaddr`.
    header: { siaddr: nextServer, sname: nextServer, file },
    options: {
      ...always,
      tftpServerName: nextServer,
      bootfileName: file,
      // Option 60 tells EDK2 that the URI is meant for it. To a PXE client it would say "ask port 4011" (43 is
      // missing), so there it is left out.
      ...(protocol === "http" ? { vendorClassIdentifier: "HTTPClient" } : {}),
      ...(client.requested?.includes(options.tftpServerAddress.code)
        ? { tftpServerAddress: [nextServer] }
        : {}),
    },
    reason: protocol === "http" ? `boots ${file}${ifTyped(file)}` : `boots ${file}`,
  };
}

/** EDK2 knows a file by its Content-Type or by its extension, and one without both not at all. */
function ifTyped(uri: string): string {
  return /\.(efi|iso|img)$/i.test(uri) ? "" : ", if its Content-Type says what it is: its name does not";
}
