import * as z from "zod";
import { wordProblem, wordsOf } from "../boot/ipxe-words.ts";
import { defaultLoaders } from "../boot/loaders.ts";
import { parseDuration, parseSize } from "../core/units.ts";
import { parseIpv4, parseSubnet } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";

/** Text with a meaning: `expected` completes "expected ..." when it has none. */
const meaning = (expected: string, holds: (text: string) => boolean) =>
  z.string().refine(holds, { error: `expected ${expected}` });

const label = meaning("a name of lower-case letters, digits and inner hyphens, at most 63", (text) =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text),
);
const domainName = meaning("a domain name such as lab.internal", (text) =>
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text),
);
const address = meaning("an IPv4 address such as 10.69.0.1", (text) => parseIpv4(text) !== undefined);
const subnet = meaning("a network such as 10.69.0.0/24, between /8 and /30", (text) => {
  const { prefixLength = 0 } = parseSubnet(text) ?? {};
  return prefixLength >= 8 && prefixLength <= 30; // a /31 has room for nobody, and EDK2 refuses its mask
});
const mac = meaning("a MAC address such as 52:54:00:69:00:0a", (text) => parseMac(text) !== undefined);
const uuid = meaning("a UUID such as 5f3c0a1e-0000-4000-8000-52540069000a", (text) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
);
const memory = meaning("a size between 64M and 1024G, such as 512M", (text) => {
  const bytes = parseSize(text) ?? 0;
  return bytes >= 64 * 2 ** 20 && bytes <= 2 ** 40;
});
/** Its longest fits a timer of Node's, and option 51 (32 bits of seconds) by far. */
const duration = (shortestMs: number, expected: string) =>
  meaning(expected, (text) => {
    const ms = parseDuration(text) ?? 0;
    return ms >= shortestMs && ms <= 24 * 86_400_000;
  });
const loaderFile = meaning(
  "a file name such as snponly.efi, folders allowed",
  // 60 bytes leave room in the 128-byte `file` field for the address of an HTTP boot.
  (text) => /^(?=.{1,60}$)[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(text),
);
const commandLine = z.string().check((context) => {
  for (const word of wordsOf(context.value)) {
    const problem = wordProblem(word);
    if (problem === undefined) continue;
    const message = `expected words that iPXE can pass on, and ${JSON.stringify(word)} ${problem}`;
    context.issues.push({ code: "custom", input: context.value, message });
  }
});

const network = z.strictObject({
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
  domain: domainName
    .optional()
    .describe("The domain machines are told (option 15), and that dryboot knows their names in."),
});

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

const dhcp = z.strictObject({
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

const dns = z.strictObject({
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

const syslog = z.strictObject({
  mode: z
    .enum(["on", "off"])
    .default("on")
    .describe("`on` takes the machines' log lines on UDP port 514; `off` leaves it alone."),
});

const tftp = z.strictObject({
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
    .describe("Sends everything from port 69: for machines behind NAT or a firewall that knows no TFTP."),
  mtu: z
    .int()
    .min(576)
    .max(65535)
    .optional()
    .describe(
      "The longest packet that reaches the machines in one piece, which bounds the blocks; without it, the interface's.",
    ),
});

const api = z.strictObject({
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

const https = z.strictObject({
  mode: z
    .enum(["on", "off"])
    .default("off")
    .describe("`on` serves the same files over HTTPS on port 443 too; what machines are told stays HTTP."),
  cert: z
    .string()
    .min(1)
    .optional()
    .describe("A certificate file (PEM, issuers behind it); without it, one of dryboot's own authority."),
  key: z.string().min(1).optional().describe("The key of `cert` (PEM)."),
});

const loaders = z.strictObject({
  bios: loaderFile.default(defaultLoaders.bios).describe("For PXE ROMs of BIOS machines (architecture 0)."),
  biosFromIpxe: loaderFile
    .default(defaultLoaders.biosFromIpxe)
    .describe(
      "For BIOS machines whose ROM is an iPXE that lacks what our script needs; it must bring its own drivers.",
    ),
  x64: loaderFile
    .default(defaultLoaders.x64)
    .describe("For x64 UEFI (architectures 7, 9 and, over HTTP, 16)."),
  ia32: loaderFile
    .optional()
    .describe("For 32-bit x86 UEFI (architectures 6 and 15); without it they get none."),
  arm64: loaderFile
    .optional()
    .describe("For ARM64 UEFI (architectures 11 and 19); without it they get none."),
});

const image = z.strictObject({
  recipe: z
    .enum(["rescue", "debian-installer"])
    .describe("What is booted: `rescue` is a shell in memory, `debian-installer` Debian's own installer."),
  commandLine: commandLine
    .optional()
    .describe(
      "Words added to the image's kernel command line; `{http}` is the server, `{files}` the image's folder there.",
    ),
  replaceCommandLine: commandLine
    .optional()
    .describe("A kernel command line instead of the image's own; what is needed to boot is added in front."),
});

const machine = z.strictObject({
  name: label.describe("The machine's name, and the host name it is given."),
  mac: mac.describe("The MAC address of the network card it boots from."),
  ip: address.optional().describe("The address reserved for it; without it, one of `dhcp.range`."),
  image: label.optional().describe("What it boots, by a name in `images`; without it, `defaultImage`."),
  commandLine: commandLine.optional().describe("Words added to the kernel command line on this machine."),
  loader: loaderFile
    .optional()
    .describe("The loader for this machine's firmware, when it dislikes the usual one."),
  dialect: z
    .enum(["direct", "redirect"])
    .optional()
    .describe(
      "How a proxy tells this machine's firmware its boot file: `direct` in the offer, `redirect` on port 4011; without it, what its kind likes, and the other when that gets it nowhere.",
    ),
  uuid: uuid.optional().describe("Its SMBIOS UUID: names it too, should its network card be changed."),
  memory: memory.default("512M").describe("Memory of the virtual machine that stands in for it in the lab."),
  nic: z
    .enum(["virtio-net-pci", "e1000", "e1000e", "rtl8139", "vmxnet3"])
    .default("virtio-net-pci")
    .describe("Network card of that virtual machine. The rescue image has a driver for virtio-net-pci only."),
});

const lab = z.strictObject({
  lanes: z
    .array(z.enum(["bios-pxe", "uefi-pxe"]).describe("Firmware and boot path."))
    .min(1)
    .default(["bios-pxe", "uefi-pxe"])
    .describe("The ways its machines are tried, the first one where only one is."),
  bootTimeout: duration(1000, "a duration from 1s to 24d, such as 120s")
    .default("120s")
    .describe("How long a boot may take until it has failed, however alive it looks."),
});

/** A site file: everything about one netboot network. Also its manual, so every leaf is described. */
export const siteSchema = z.strictObject({
  name: label.describe("The site's name."),
  network: network.prefault({}).describe("Addresses."),
  dhcp: dhcp.prefault({}).describe("Who is given an address."),
  dns: dns.prefault({}).describe("Names of machines, and of everything else."),
  syslog: syslog.prefault({}).describe("Log lines of machines."),
  tftp: tftp.prefault({}).describe("Files over TFTP."),
  api: api.prefault({}).describe("What programs may ask of the server, and whom it asks."),
  https: https.prefault({}).describe("HTTPS. Not in the lab."),
  loaders: loaders.prefault({}).describe("What each kind of firmware is given to load first."),
  images: z.record(label, image.describe("One image.")).default({}).describe("What can be booted, by name."),
  defaultImage: label
    .optional()
    .describe(
      "What machines without an `image` boot, also those this file does not name; without it, nothing.",
    ),
  machines: z.array(machine.describe("One machine.")).default([]).describe("The machines of this network."),
  lab: lab.prefault({}).describe("How the site is tried in virtual machines."),
});

/** A site as loaded: checked, defaults filled in. */
export type Site = z.infer<typeof siteSchema>;
/** A site as people write it. */
export type SiteFile = z.input<typeof siteSchema>;
