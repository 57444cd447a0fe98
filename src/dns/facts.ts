/** What the DNS server reports. */
export interface DnsFacts {
  /** At most 50 a second for each client and 500 in all; what is more is answered all the same. */
  "dns.answered": {
    from: string;
    transport: "udp" | "tcp";
    name: string;
    /** `A`, or `TYPE99` for a type without a name. */
    qtype: string;
    rcode: string;
    /** Where the answer comes from; `policy` is a refusal. */
    by: "zone" | "cache" | "forwarder" | "policy";
    /** Addresses and names of our own that were given. */
    answers?: string[];
    reason: string;
    durationMs?: number;
  };
  "dns.silent": { from: string; reason: string };
  "dns.malformed": { from: string; problem: string };
  /** One forwarder did not help; the next is asked. At most 5 a second for each. */
  "dns.forwarder-failed": { forwarder: string; name: string; qtype: string; reason: string };
}
