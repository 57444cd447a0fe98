import * as z from "zod";
import { address, label } from "./meanings.ts";

export const dns = z.strictObject({
  mode: z
    .enum(["auto", "off"])
    .default("auto")
    .describe(
      "`auto` answers DNS when the network has a `domain` or there are forwarders; `off` leaves port 53 alone.",
    ),
  name: label.default("dryboot").describe("The server's own host name in the domain."),
  forwarders: z
    .array(address.describe("One DNS server."))
    .default([])
    .describe(
      "Servers that are asked, in this order, what dryboot does not know; without them, that is refused. Not in the lab.",
    ),
});
