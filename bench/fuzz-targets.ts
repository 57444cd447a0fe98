import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { clientPresets, discoverOf } from "../src/boot/explain-clients.ts";
import { planFor } from "../src/boot/plan.ts";
import { DecodeError, DrybootError } from "../src/core/errors.ts";
import { projectFolder } from "../src/core/folders.ts";
import { clientOf } from "../src/dhcp/client.ts";
import { decodeOptions } from "../src/dhcp/decode-options.ts";
import { decodeMessage as decodeDhcp } from "../src/dhcp/message.ts";
import { decodeForwarded } from "../src/dns/forwarded-answer.ts";
import { decodeQuery } from "../src/dns/message.ts";
import { precondition, rangeApplies } from "../src/http/conditions.ts";
import { parseRange } from "../src/http/range.ts";
import { parseTarget } from "../src/http/request.ts";
import { decodeRouterAdvertisement, decodeRouterSolicitation } from "../src/ndp/message.ts";
import { checkedSite } from "../src/site/load.ts";
import { resolveSite } from "../src/site/resolve.ts";
import { decodeSyslog } from "../src/syslog/message.ts";
import { decodeMessage as decodeTftp } from "../src/tftp/message.ts";
import { negotiate } from "../src/tftp/options.ts";
import { normalisePath } from "../src/tftp/path.ts";
import { readCapture } from "../src/wire/capture.ts";
import { udpDatagramOf } from "../src/wire/ethernet.ts";
import { alpineTargets } from "./fuzz-alpine.ts";
import { fuzzSites } from "./fuzz-sites.ts";

/** One parser of what strangers send, and real input to change. */
export type FuzzTarget = Readonly<{
  name: string;
  originals: readonly Uint8Array[];
  /** Inputs that are not real ones changed, but made for this parser. */
  made?: (count: number) => Iterable<Uint8Array>;
  /** Reads it as the servers do; whatever it throws but what `refuses` names is a bug. */
  read(bytes: Uint8Array): void | Promise<void>;
  refuses?: typeof DrybootError;
  /** Of a parser so slow that as many inputs as for the others would take hours, one in how many is tried. */
  oneIn?: number;
}>;

/** Whether a parser may say no like this. */
export function isRefusal(target: FuzzTarget, error: unknown): boolean {
  return error instanceof (target.refuses ?? DecodeError);
}

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "utf8"));
const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
/** Whatever is handed on must not hold what could name a place outside, or end a line. */
function mustBeTame(path: string | undefined): void {
  if (path === undefined) return;
  if (/\p{Cc}/u.test(path) || path.startsWith("/") || path.split(/[/\\]/).includes("..")) {
    throw new Error(`${JSON.stringify(path)} came through`);
  }
}

const folder = join(projectFolder, "test", "corpus");
const captures = readdirSync(folder)
  .filter((name) => name.endsWith(".pcap"))
  .map((name) => Uint8Array.from(readFileSync(join(folder, name))));
const datagrams = captures.flatMap((file) =>
  [...readCapture(file)].flatMap(({ linkType, bytes }) => udpDatagramOf(linkType, bytes) ?? []),
);
const payloads = (port: number) =>
  datagrams.filter(({ destinationPort }) => destinationPort === port).map(({ payload }) => payload);
const dhcp = payloads(67);

const site = {
  name: "netsoc",
  network: { subnet: "10.69.0.0/24", server: "10.69.0.1", domain: "netsoc.internal" },
  dhcp: { mode: "server", range: ["10.69.0.100", "10.69.0.200"], leaseTime: "12h" },
  images: { rescue: { recipe: "rescue" } },
  machines: [{ name: "shoe", mac: "52:54:00:69:00:0a", ip: "10.69.0.10", image: "rescue" }],
};

const file = { etag: '"5cc9b73a2a9e"', lastModifiedMs: 1_795_000_000_000 };

export const fuzzTargets: readonly FuzzTarget[] = [
  { name: "DHCP message", originals: dhcp, read: (bytes) => void clientOf(decodeDhcp(bytes)) },
  {
    name: "DHCP options",
    originals: dhcp.map((bytes) => bytes.subarray(240)),
    read: (bytes) => void decodeOptions(bytes, bytes, bytes),
  },
  {
    name: "TFTP packet",
    originals: [
      ...payloads(69),
      hex("0004 0001"),
      hex("0005 0008 55736572 00"),
      hex("0006 626c6b73697a65 00 31343638 00"),
    ],
    read(bytes) {
      const message = decodeTftp(bytes);
      if (message.type !== "RRQ") return;
      mustBeTame(normalisePath(message.filename));
      negotiate(message.options, 123_456, { maxBlksize: 1468, maxWindowsize: 64, timeoutMs: 1000 });
    },
  },
  {
    name: "HTTP target",
    originals: [
      "/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a&arch=7",
      "http://10.69.0.1/images/rescue/vmlinuz",
      "/a/%2e%2e%2f..\\b//c%00?x=%zz#y",
    ].map(ascii),
    read(bytes) {
      const target = parseTarget(latin1(bytes));
      mustBeTame(target?.path);
      for (const _ of new URLSearchParams(target?.query));
    },
  },
  {
    name: "HTTP range",
    originals: ["bytes=0-499", "bytes=-500", "bytes=9500-", "bytes=0-0,-1"].map(ascii),
    read(bytes) {
      const range = parseRange(latin1(bytes), 10_000);
      if (range === undefined || range === "unsatisfiable") return;
      if (range.start >= 0 && range.start < range.end && range.end <= 10_000) return;
      throw new Error(`${latin1(bytes)} became ${JSON.stringify(range)}`);
    },
  },
  {
    name: "HTTP conditions",
    originals: ['W/"5cc9b73a2a9e", "x"', '"5cc9b73a2a9e"', "*", "Sun, 06 Nov 1994 08:49:37 GMT"].map(ascii),
    read(bytes) {
      const value = latin1(bytes);
      precondition({ "if-match": value, "if-none-match": value }, file);
      precondition({ "if-modified-since": value, "if-unmodified-since": value }, file);
      rangeApplies({ "if-range": value }, file, file.lastModifiedMs);
    },
  },
  {
    name: "router solicitation",
    originals: [
      hex("85 00 c55c 00000000 01 01 525400123456"),
      hex("85 00 0000 00000000 fd 02 0000000000000000000000000000 01 01 525400123456"),
    ],
    read: (bytes) => void decodeRouterSolicitation(bytes),
  },
  {
    name: "router advertisement",
    originals: [hex("86 00 0000 40 80 0708 00007530 000003e8 01 01 525400123456")],
    read: (bytes) => void decodeRouterAdvertisement(bytes),
  },
  {
    name: "DNS query",
    originals: [
      hex(
        "a1b2 0120 0001 0000 0000 0001 04 6c656674 03 6c6162 08 696e7465726e616c 00 0001 0001 00 0029 04d0 0000 0000 000c 000a 0008 0011223344556677",
      ),
    ],
    read: (bytes) => void decodeQuery(bytes),
  },
  {
    name: "DNS answer",
    originals: [
      hex(
        "0001 8180 0001 0001 0000 0001 01 61 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000201 00 0029 04d0 00000000 0000",
      ),
    ],
    read: (bytes) => void decodeForwarded(bytes),
  },
  {
    name: "syslog line",
    originals: [
      ascii("<30>1 2026-11-20T17:01:02Z node1 app 12 - - started"),
      ascii("<4>Nov  1 07:01:02 node1 kernel: [    1.234567] e1000: link is up"),
      ascii("<14>ipxe: net0: 52:54:00:69:00:0a using virtio-net"),
    ],
    read(bytes) {
      const { text, hostName = "", appName = "" } = decodeSyslog(bytes);
      if (/[\p{Cc}\p{Cf}]/u.test(text + hostName + appName))
        throw new Error(`${JSON.stringify(text)} came through`);
    },
  },
  {
    name: "capture file",
    originals: [
      ...captures.map((bytes) => bytes.subarray(0, 1200)),
      hex(
        "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000 01000000 1c000000 01000000 00000000 0900 0100 09000000 1c000000 06000000 24000000 00000000 00000000 002f6859 02000000 09000000 abcd0000 24000000",
      ),
    ],
    read(bytes) {
      for (const { linkType, bytes: frame } of readCapture(bytes)) udpDatagramOf(linkType, frame);
    },
  },
  ...alpineTargets,
  {
    name: "site made after the schema",
    originals: [],
    made: fuzzSites,
    read: (bytes) => useSite(Buffer.from(bytes).toString()),
    refuses: DrybootError,
    oneIn: 20,
  },
  {
    name: "site JSON",
    originals: [ascii(JSON.stringify(site))],
    read: (bytes) => readSite(latin1(bytes)),
    refuses: DrybootError,
    oneIn: 20,
  },
];

/** What is taken for a site has a meaning in every part, and every client an answer. */
function useSite(text: string): void {
  const { boot } = resolveSite(checkedSite(JSON.parse(text), "site.json"));
  for (const preset of Object.values(clientPresets)) {
    const asking = discoverOf({ preset, mac: "52:54:00:69:00:0a" });
    planFor(clientOf(asking), boot);
  }
}

/** JSON that does not parse is `JSON.parse`'s business, and `readJson` says so. */
function readSite(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  checkedSite(value, "site.json");
}
