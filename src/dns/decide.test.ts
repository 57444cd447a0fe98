import type { RecordType } from "dns-packet";
import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";
import { decodeQuery } from "./message.ts";
import type { NameReader } from "./names.ts";
import { unaddressed } from "./names.ts";
import type { DnsPolicy } from "./policy.ts";
import type { Asked } from "./queries.fixture.ts";
import { queryBytes } from "./queries.fixture.ts";

const policy: DnsPolicy = {
  server: "10.69.0.1",
  serverName: "dryboot",
  domain: "lab.internal",
  subnets: [{ network: "10.69.0.0", prefixLength: 24 }],
  forwards: true,
  ttlSeconds: 60,
};
const addresses = new Map([
  ["left", "10.69.0.10"],
  ["off", unaddressed],
]);
const names: NameReader = {
  addressOf: (host) => addresses.get(host),
  hostOf: (address) => (address === "10.69.0.10" ? "left" : undefined),
};

const decided = (
  name: string,
  type: RecordType = "A",
  { from = "10.69.0.99", site = policy, ...asked }: Asked & { from?: string; site?: DnsPolicy } = {},
) => decide(decodeQuery(queryBytes(name, type, asked)), from, site, names);

const answered = (...args: Parameters<typeof decided>) => {
  const decision = decided(...args);
  if ("forward" in decision) return "forwarded";
  const { rcode, authoritative, answers, authorities } = decision.answer;
  const given = answers.map(({ type, data }) => `${type} ${typeof data === "string" ? data : data.mname}`);
  return [
    rcode,
    authoritative ? "AA" : "",
    ...given,
    ...authorities.map(({ name }) => `SOA of ${name}`),
  ].join(" ");
};

describe("the names of our zones", () => {
  test.each<[string, RecordType, string]>([
    ["left.lab.internal", "A", "NOERROR AA A 10.69.0.10"],
    ["LEFT.LAB.internal", "A", "NOERROR AA A 10.69.0.10"],
    ["left.lab.internal", "ANY" as RecordType, "NOERROR AA A 10.69.0.10"],
    ["dryboot.lab.internal", "A", "NOERROR AA A 10.69.0.1"],
    ["lab.internal", "SOA", "NOERROR AA SOA dryboot.lab.internal"],
    ["lab.internal", "NS", "NOERROR AA NS dryboot.lab.internal"],
    ["10.0.69.10.in-addr.arpa", "PTR", "NOERROR AA PTR left.lab.internal"],
    ["1.0.69.10.in-addr.arpa", "PTR", "NOERROR AA PTR dryboot.lab.internal"],
    ["0.69.10.in-addr.arpa", "SOA", "NOERROR AA SOA dryboot.lab.internal"],
    ["localhost", "A", "NOERROR AA A 127.0.0.1"],
  ])("%s %s is answered", (name, type, answer) => {
    expect(answered(name, type)).toBe(answer);
  });

  test.each<[string, RecordType]>([
    ["left.lab.internal", "AAAA"],
    ["left.lab.internal", "MX"],
    ["off.lab.internal", "A"],
    ["lab.internal", "A"],
  ])("%s exists but has no %s: that is not NXDOMAIN", (name, type) => {
    expect(answered(name, type)).toBe("NOERROR AA SOA of lab.internal");
  });

  test.each([
    ["right.lab.internal", "lab.internal"],
    ["www.left.lab.internal", "lab.internal"],
    [String.raw`left.lab\046internal.lab.internal`, "lab.internal"],
    ["77.0.69.10.in-addr.arpa", "0.69.10.in-addr.arpa"],
    ["300.0.69.10.in-addr.arpa", "0.69.10.in-addr.arpa"],
    ["010.0.69.10.in-addr.arpa", "0.69.10.in-addr.arpa"],
    ["1.10.0.69.10.in-addr.arpa", "0.69.10.in-addr.arpa"],
    ["anything.invalid", "invalid"],
    ["abcdef.onion", "onion"],
  ])("%s does not exist, and %s says for how long", (name, zone) => {
    expect(answered(name)).toBe(`NXDOMAIN AA SOA of ${zone}`);
  });

  test("end where the domain ends", () => {
    expect(answered("notlab.internal")).toBe("forwarded");
    expect(answered("1.70.10.in-addr.arpa", "PTR")).toBe("forwarded");
  });
});

describe("reverse zones of other sizes", () => {
  const at = (network: string, prefixLength: number) => ({
    site: { ...policy, subnets: [{ network, prefixLength }] },
    from: network,
  });

  test("a /16 has one zone, and what lies between exists", () => {
    expect(answered("0.69.10.in-addr.arpa", "PTR", at("10.69.0.0", 16))).toBe(
      "NOERROR AA SOA of 69.10.in-addr.arpa",
    );
    expect(answered("10.0.69.10.in-addr.arpa", "PTR", at("10.69.0.0", 16))).toContain("left.lab.internal");
  });

  test("a /20 has sixteen, and the seventeenth is another's", () => {
    expect(answered("15.69.10.in-addr.arpa", "SOA", at("10.69.0.0", 20))).toContain("AA SOA");
    expect(answered("16.69.10.in-addr.arpa", "SOA", at("10.69.0.0", 20))).toBe("forwarded");
  });

  test("a /26 has only its own addresses of a zone it shares", () => {
    expect(answered("10.0.69.10.in-addr.arpa", "PTR", at("10.69.0.0", 26))).toContain("left.lab.internal");
    expect(answered("77.0.69.10.in-addr.arpa", "PTR", at("10.69.0.0", 26))).toBe("forwarded");
    expect(answered("0.69.10.in-addr.arpa", "NS", at("10.69.0.0", 26))).toBe("forwarded");
  });

  test("of every network are ours, and its clients may ask", () => {
    const site = { ...policy, subnets: [...policy.subnets, { network: "10.70.0.0", prefixLength: 16 }] };
    expect(answered("70.10.in-addr.arpa", "SOA", { site, from: "10.70.9.9" })).toContain("AA SOA");
    expect(answered("10.0.69.10.in-addr.arpa", "PTR", { site, from: "10.70.9.9" })).toContain("left");
  });

  test("are ours without a domain, and then know no names", () => {
    const { domain: _, ...nameless } = policy;
    expect(answered("10.0.69.10.in-addr.arpa", "PTR", { site: nameless })).toBe(
      "NXDOMAIN AA SOA of 0.69.10.in-addr.arpa",
    );
  });
});

describe("what is not ours", () => {
  test("is forwarded for our clients, when they ask for recursion and there is a forwarder", () => {
    expect(answered("example.org")).toBe("forwarded");
    expect(answered("example.org", "A", { flags: 0 })).toBe("REFUSED ");
    expect(answered("example.org", "A", { site: { ...policy, forwards: false } })).toBe("REFUSED ");
    expect(answered("example.org", "ANY" as RecordType)).toBe("REFUSED ");
  });

  test.each(["192.0.2.7", "10.70.0.1", "8.8.8.8", "::1"])("is refused to %s, and ours as well", (from) => {
    expect(answered("example.org", "A", { from })).toBe("REFUSED ");
    expect(answered("left.lab.internal", "A", { from })).toBe("REFUSED ");
  });

  test("is answered on the server itself", () => {
    expect(answered("left.lab.internal", "A", { from: "127.0.0.1" })).toContain("10.69.0.10");
    expect(answered("left.lab.internal", "A", { from: "10.69.0.1" })).toContain("10.69.0.10");
  });

  test("zone transfers, other classes and later EDNS versions are declined", () => {
    expect(answered("lab.internal", "AXFR")).toBe("REFUSED ");
    expect(answered("version.bind", "TXT", { class: "CH" })).toBe("REFUSED ");
    expect(answered("left.lab.internal", "A", { edns: { version: 1 } })).toBe("BADVERS ");
  });
});
