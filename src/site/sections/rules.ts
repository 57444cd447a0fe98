import * as z from "zod";
import { architectureKinds } from "../../boot/effective-settings.ts";
import { parseIpv4, parseSubnet } from "../../wire/ipv4.ts";
import { parseMac } from "../../wire/mac.ts";
import { meaning, oneOrMore, uuid } from "./meanings.ts";
import { settings, use } from "./settings.ts";

const macPattern = meaning(
  "a MAC address such as 52:54:00:69:00:0a, or its beginning such as 52:54:00:*",
  (text) => parseMac(text) !== undefined || /^([0-9a-f]{2}[:-]){1,5}\*$/i.test(text),
);
const text = meaning(
  "a text of up to 64 printable characters, with a * at most at its end",
  (text) => /^[\x20-\x7e]{1,64}$/.test(text) && text.trim() !== "" && !text.slice(0, -1).includes("*"),
);
const place = meaning(
  "an IPv4 address or network such as 10.69.0.10 or 10.69.0.0/28",
  (text) => parseIpv4(text) !== undefined || parseSubnet(text) !== undefined,
);

const when = z
  .strictObject({
    mac: oneOrMore(macPattern).optional().describe("The MAC address that asks."),
    uuid: oneOrMore(uuid).optional().describe("The SMBIOS UUID."),
    serial: oneOrMore(text).optional().describe("The serial number in SMBIOS; capitals do not count."),
    manufacturer: oneOrMore(text).optional().describe("The manufacturer in SMBIOS, such as `QEMU`."),
    product: oneOrMore(text).optional().describe("The product name in SMBIOS."),
    asset: oneOrMore(text).optional().describe("The asset tag in SMBIOS."),
    arch: oneOrMore(z.enum(architectureKinds))
      .optional()
      .describe("The kind of machine, by its firmware (option 93), whether it boots over PXE or HTTP."),
    hostname: oneOrMore(text).optional().describe("The host name that the client sends (option 12)."),
    address: oneOrMore(place)
      .optional()
      .describe(
        "The address reserved for the machine; without one, that from which the script is asked for.",
      ),
  })
  .refine((conditions) => Object.keys(conditions).length > 0, {
    error: "expected at least one condition: what holds for all stands in `defaults`",
  });

/** Settings for clients that are like this. */
export const rule = z.strictObject({
  when: when.describe(
    "Conditions that must all hold; of a list, one text must fit. A `*` at the end fits any.",
  ),
  use: use.optional().describe("Groups whose settings such clients have."),
  set: z.strictObject(settings).optional().describe("Settings for them, before those of the groups."),
});
