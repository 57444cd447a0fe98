import * as z from "zod";
import { address, domainName, subnet } from "./meanings.ts";

export const network = z.strictObject({
  subnet: subnet
    .default("10.69.0.0/24")
    .describe("The network's addresses. In the lab it exists only in a namespace of its own."),
  server: address
    .optional()
    .describe("The address dryboot serves DHCP, TFTP and HTTP from; without it, the subnet's first."),
  router: address.optional().describe("The way out that machines are told (option 3); without it, none."),
  dns: z
    .array(address.describe("One DNS server."))
    .default([])
    .describe("DNS servers machines are told (option 6); without them, dryboot when it serves DNS."),
  ntp: z
    .array(address.describe("One NTP server."))
    .default([])
    .describe("Time servers that machines are told (option 42)."),
  domain: domainName
    .optional()
    .describe("The domain machines are told (option 15), and that dryboot knows their names in."),
});
