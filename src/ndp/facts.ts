/** What the router of a netboot segment reports. */
export interface NdpFacts {
  /** A host asked for a router. `mac` is what it says of itself (RFC 4861 §4.6.1); iPXE always says it. */
  "ndp.solicited": { from: string; mac?: string };
  "ndp.advertised": { to: string; solicited: boolean };
  /** A solicitation that gets no answer, or an advertisement that cannot be sent yet. */
  "ndp.silent": { from?: string; reason: string };
}
