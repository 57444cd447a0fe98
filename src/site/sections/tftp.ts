import * as z from "zod";

export const tftp = z.strictObject({
  root: z
    .string()
    .min(1)
    .optional()
    .describe(
      "A folder whose files are served too, over TFTP and HTTP, seen from the site file's folder; nothing is written, and nothing outside it is read. The loaders dryboot knows come first.",
    ),
  singlePort: z
    .boolean()
    .default(false)
    .describe(
      "Sends everything from port 69: for machines behind NAT or a firewall that knows no TFTP. A forged acknowledgement can then confirm an address that asked for nothing, for TFTP has no secret but the port.",
    ),
  mtu: z
    .int()
    .min(576)
    .max(65535)
    .optional()
    .describe(
      "The longest packet that reaches the machines in one piece, which bounds the blocks; without it, the interface's. Say it where a tunnel or VPN on the way has less: with `singlePort`, and over IPv6, no router cuts what is too long for it.",
    ),
});
