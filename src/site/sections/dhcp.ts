import * as z from "zod";
import { parseDuration } from "../../core/units.ts";
import { address, duration, meaning, subnet } from "./meanings.ts";

const mode = z
  .enum(["server", "reservations", "proxy", "off"])
  .default("server")
  .describe(
    "`server` gives everybody an address, `reservations` only machines that have an `ip`; `proxy` gives none, and adds boot files to what another DHCP server gives; `off` answers nobody.",
  );
const range = z
  .tuple([
    address.describe("The first address given to machines without an `ip`."),
    address.describe("The last one."),
  ])
  .optional()
  .describe("Addresses for machines without an `ip`; without it, up to 256 from the middle of the subnet.");

const relayed = z.strictObject({
  subnet: subnet.describe("Its addresses: the relay's own, or the link it names, is one of them."),
  mode,
  range,
  router: address.optional().describe("The way out that machines there are told (option 3)."),
});

export const dhcp = z.strictObject({
  mode,
  range,
  leaseTime: duration(60_000, "a duration from 60s to 24d, such as 12h")
    .default("12h")
    .describe("How long an address is lent (option 51)."),
  offerDelay: meaning("a duration from 10ms to 3s, such as 500ms", (text) => {
    const ms = parseDuration(text) ?? 0;
    return ms >= 10 && ms <= 3000; // EDK2 waits 4 s for offers
  })
    .optional()
    .describe("How long offers wait, for boot ROMs that miss an answer that comes at once."),
  relayed: z
    .array(relayed.describe("One network."))
    .default([])
    .describe("Networks behind routers that pass DHCP on to this server."),
});
