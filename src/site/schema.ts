import * as z from "zod";
import { api } from "./sections/api.ts";
import { dhcp } from "./sections/dhcp.ts";
import { dns } from "./sections/dns.ts";
import { https } from "./sections/https.ts";
import { image } from "./sections/images.ts";
import { lab } from "./sections/lab.ts";
import { loaders } from "./sections/loaders.ts";
import { machine } from "./sections/machines.ts";
import { duration, label } from "./sections/meanings.ts";
import { menu } from "./sections/menu.ts";
import { mirrors } from "./sections/mirrors.ts";
import { network } from "./sections/network.ts";
import { rule } from "./sections/rules.ts";
import { defaults, group } from "./sections/settings.ts";
import { state } from "./sections/state.ts";
import { syslog } from "./sections/syslog.ts";
import { tftp } from "./sections/tftp.ts";

/** A site file: everything about one netboot network. Also its manual, so every leaf is described. */
export const siteSchema = z.strictObject({
  name: label.describe("The site's name."),
  network: network.prefault({}).describe("Addresses."),
  dhcp: dhcp.prefault({}).describe("Who is given an address."),
  dns: dns.prefault({}).describe("Names of machines, and of everything else."),
  syslog: syslog.prefault({}).describe("Log lines of machines."),
  tftp: tftp.prefault({}).describe("Files over TFTP."),
  state: state.prefault({}).describe("What machines keep of themselves."),
  api: api.prefault({}).describe("What programs may ask of the server, and whom it asks."),
  https: https.prefault({}).describe("HTTPS. Not in the lab."),
  mirrors: mirrors.describe(
    "Package mirrors that machines reach through the server, below `{http}/mirror/NAME/`: what one asks for is fetched once, and then comes from the store. `alpine` has the folders or URLs of DRYBOOT_ALPINE_MIRROR, or Alpine's own where a machine boots it.",
  ),
  loaders: loaders.prefault({}).describe("What each kind of firmware is given to load first."),
  images: z.record(label, image.describe("One image.")).default({}).describe("What can be booted, by name."),
  defaults: defaults
    .prefault({})
    .describe("Settings of every client, where nothing more specific says otherwise."),
  groups: z
    .record(label, group.describe("One group."))
    .default({})
    .describe("Settings under a name, for rules, machines and other groups to use."),
  rules: z
    .array(rule.describe("One rule."))
    .default([])
    .describe("Settings for clients that are like something; the most specific rule's count most."),
  defaultImage: label
    .optional()
    .describe(
      "What machines without an `image` boot, also those this file does not name; without it, nothing.",
    ),
  menu: menu
    .optional()
    .describe("A menu, shown by iPXE before anything is booted; without it, nothing is asked."),
  whenBootFails: z
    .enum(["firmware", "poweroff"])
    .default("firmware")
    .describe(
      "What a machine does, left alone, after ten attempts or when nobody answers the menu shown then: `firmware` goes on to its next boot device, `poweroff` switches it off (iPXE 1.0.0 cannot, and goes on).",
    ),
  bootTime: duration(1000, "a duration from 1s to 24d, such as 30m")
    .default("30m")
    .describe(
      "How long after its firmware asked DHCP a machine may fetch what is for it alone (overlays, keys); when it reports that it is ready, that ends too.",
    ),
  bootsWithoutReport: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe(
      "After how many boots in a row in which a machine did not report ready it boots the image again that last did.",
    ),
  machines: z.array(machine.describe("One machine.")).default([]).describe("The machines of this network."),
  lab: lab.prefault({}).describe("How the site is tried in virtual machines."),
});

/** A site as loaded: checked, defaults filled in. */
export type Site = z.infer<typeof siteSchema>;
/** A site as people write it. */
export type SiteFile = z.input<typeof siteSchema>;
