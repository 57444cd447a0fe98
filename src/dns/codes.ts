/** Numbers of the DNS that we name, from IANA's registry; what has no name here keeps its number. */

/** RFC 1035 §4.1.1, RFC 6891 §9 for BADVERS. */
export const rcodes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;

export type Rcode = keyof typeof rcodes;

/** Record types and, from 249 on, types that only questions have. */
export const types = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  NAPTR: 35,
  OPT: 41,
  DS: 43,
  DNSKEY: 48,
  SVCB: 64,
  HTTPS: 65,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const;

export const classIn = 1;

/** The header's second word (RFC 1035 §4.1.1; AD and CD: RFC 4035 §3.2). */
export const flags = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
  recursionAvailable: 0x0080,
  checkingDisabled: 0x0010,
} as const;

const typeNames = new Map<number, string>(Object.entries(types).map(([name, code]) => [code, name]));
const rcodeNames = new Map<number, string>(Object.entries(rcodes).map(([name, code]) => [code, name]));

/** `A`, or `TYPE99` for a type without a name here (RFC 3597 §5). */
export function formatType(code: number): string {
  return typeNames.get(code) ?? `TYPE${code}`;
}

export function formatRcode(code: number): string {
  return rcodeNames.get(code) ?? `RCODE${code}`;
}
