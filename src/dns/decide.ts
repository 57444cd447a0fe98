import { formatSubnet, isInSubnet } from "../wire/ipv4.ts";
import type { Rcode } from "./codes.ts";
import { classIn, formatType, types } from "./codes.ts";
import type { Query } from "./message.ts";
import type { NameReader } from "./names.ts";
import { unaddressed } from "./names.ts";
import type { DnsPolicy } from "./policy.ts";
import type { Answer, ZoneRecord } from "./reply.ts";
import { reverseName, withinZone } from "./zones.ts";

/** What to answer, or that somebody else must be asked. `reason` is for people. */
export type Decision = Readonly<({ answer: Answer } | { forward: true }) & { reason: string }>;

/** A machine that is being switched on is asked for until it is there. */
const negativeTtlSeconds = 5;

/** What is done about one query. Pure: the same arguments give the same decision. */
export function decide(query: Query, from: string, policy: DnsPolicy, names: NameReader): Decision {
  const { question, header, edns } = query;
  // Also what we do know: names are for the machines they name, and answers to strangers make us a reflector.
  if (!isOurs(from, policy)) {
    return refused(`${from} is not on ${policy.subnets.map(formatSubnet).join(" or ")}`);
  }
  if (edns !== undefined && edns.version > 0) {
    return { answer: plain("BADVERS"), reason: `EDNS version ${edns.version} is unknown` };
  }
  if (question.class !== classIn) return refused(`class ${question.class} is not the Internet's`);
  if (question.type === types.AXFR || question.type === types.IXFR) {
    return refused("zones are not transferred");
  }
  const known = inOurZones(query, policy, names);
  if (known !== undefined) return known;
  if (!policy.forwards) return refused(`${question.name} is not in our zones, and there is no forwarder`);
  if (!header.recursionDesired)
    return refused(`${question.name} is not in our zones; recursion was not asked for`);
  if (question.type === types.ANY) return refused("ANY is not forwarded"); // RFC 8482: it serves attackers
  return { forward: true, reason: `${question.name} is not in our zones` };
}

function isOurs(from: string, { subnets, server }: DnsPolicy): boolean {
  return from === server || subnets.some((subnet) => isInSubnet(subnet, from)) || from.startsWith("127.");
}

function inOurZones({ question }: Query, policy: DnsPolicy, names: NameReader): Decision | undefined {
  const { name, type } = question;
  return (
    inDomain(name, type, policy, names) ??
    inReverseZones(name, type, policy, names) ??
    special(name, type, policy)
  );
}

function inDomain(name: string, type: number, policy: DnsPolicy, names: NameReader): Decision | undefined {
  const { domain, server, serverName, ttlSeconds } = policy;
  if (domain === undefined) return undefined;
  const host = withinZone(name, domain);
  if (host === undefined) return undefined;
  const zone = { name: domain, policy };
  if (host === "") return apex(type, zone, []);
  const address = host === serverName ? server : names.addressOf(host);
  if (address === undefined) return missing(zone, `no machine is called ${host}`);
  if (address === unaddressed) return select([], type, zone, `${host} has no address now`);
  return select([{ name, type: "A", ttlSeconds, data: address }], type, zone, host);
}

function inReverseZones(
  name: string,
  type: number,
  policy: DnsPolicy,
  names: NameReader,
): Decision | undefined {
  const reverse = policy.subnets.map((subnet) => reverseName(name, subnet)).find(Boolean);
  if (reverse === undefined) return undefined;
  const { address, exists } = reverse;
  const zone = { name: reverse.zone, policy };
  const records = address === undefined ? [] : pointers(address, name, policy, names);
  if (name === reverse.zone) return apex(type, zone, records);
  if (!exists) return missing(zone, `no address is called ${name}`);
  if (address === undefined) return select([], type, zone, "a part of our reverse zone");
  if (records.length === 0) return missing(zone, `nobody with a name has ${address}`);
  return select(records, type, zone, address);
}

type Zone = Readonly<{ name: string; policy: DnsPolicy }>;

function pointers(address: string, name: string, policy: DnsPolicy, names: NameReader): ZoneRecord[] {
  const { domain, server, serverName, ttlSeconds } = policy;
  const host = address === server ? serverName : names.hostOf(address);
  if (host === undefined || domain === undefined) return [];
  return [{ name, type: "PTR", ttlSeconds, data: `${host}.${domain}` }];
}

function apex(type: number, zone: Zone, more: readonly ZoneRecord[]): Decision {
  const { ttlSeconds } = zone.policy;
  const records: ZoneRecord[] = [
    ...more,
    { name: zone.name, type: "NS", ttlSeconds, data: serverOf(zone) },
    { ...soaOf(zone), ttlSeconds },
  ];
  return select(records, type, zone, `the zone ${zone.name}`);
}

/**
 * The records of a name that exists. When none is of the type asked for, the answer is that there is none of that type,
 * not that there is no such name: a resolver that asked for AAAA would then give up on A as well (RFC 4074 §4.2).
 */
function select(records: readonly ZoneRecord[], type: number, zone: Zone, what: string): Decision {
  const answers = records.filter((record) => type === types.ANY || types[record.type] === type);
  if (answers.length > 0) {
    return { answer: { rcode: "NOERROR", authoritative: true, answers, authorities: [] }, reason: what };
  }
  return {
    answer: { rcode: "NOERROR", authoritative: true, answers: [], authorities: [soaOf(zone)] },
    reason: `${what}: no ${formatType(type)} record`,
  };
}

function missing(zone: Zone, reason: string): Decision {
  return {
    answer: { rcode: "NXDOMAIN", authoritative: true, answers: [], authorities: [soaOf(zone)] },
    reason,
  };
}

/** Names that mean something on this machine or nothing anywhere: asking others would only tell them (RFC 6761 §6, RFC 7686). */
function special(name: string, type: number, policy: DnsPolicy): Decision | undefined {
  const local = ["localhost", "invalid", "onion"].find((zone) => withinZone(name, zone) !== undefined);
  if (local === undefined) return undefined;
  const zone = { name: local, policy };
  if (local !== "localhost") return missing(zone, `.${local} names nobody`);
  const record: ZoneRecord = { name, type: "A", ttlSeconds: policy.ttlSeconds, data: "127.0.0.1" };
  return select([record], type, zone, "the asking machine itself");
}

function soaOf({ name, policy }: Zone): ZoneRecord {
  const mname = serverOf({ name, policy });
  const data = { mname, rname: `hostmaster.${policy.domain ?? name}`, minimum: negativeTtlSeconds };
  return { name, type: "SOA", ttlSeconds: negativeTtlSeconds, data };
}

/** A site without a domain gives us no name; the zone's own then stands for it (RFC 6303 §3). */
function serverOf({ name, policy }: Zone): string {
  return policy.domain === undefined ? name : `${policy.serverName}.${policy.domain}`;
}

function refused(reason: string): Decision {
  return { answer: plain("REFUSED"), reason };
}

function plain(rcode: Rcode): Answer {
  return { rcode, authoritative: false, answers: [], authorities: [] };
}
