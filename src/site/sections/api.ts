import * as z from "zod";
import { parseIpv4, parseSubnet } from "../../wire/ipv4.ts";
import { meaning } from "./meanings.ts";

export const api = z.strictObject({
  url: meaning(
    "an address such as http://10.69.0.2:8080",
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? "") && !/[?#@]/.test(text),
  )
    .optional()
    .describe(
      "Another boot API, Pixiecore's, that is asked what machines boot that this file does not name; without it, they boot `defaultImage`.",
    ),
  allow: z
    .array(
      meaning(
        "an IPv4 address or network such as 10.69.0.2 or 10.69.0.0/24",
        (text) => parseIpv4(text) !== undefined || parseSubnet(text) !== undefined,
      ).describe("One address or network."),
    )
    .default([])
    .describe(
      "Who may read `/v1/status`, `/v1/leases` and `/v1/machines` over HTTP, besides the server itself.",
    ),
});
