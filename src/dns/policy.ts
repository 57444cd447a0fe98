import type { Subnet } from "../wire/ipv4.ts";
import type { Endpoint } from "./exchange.ts";
import type { KnownMachine } from "./names.ts";

/** Everything that decides an answer apart from the question and the names. Checked before it gets here. */
export type DnsPolicy = Readonly<{
  /** Our own address. */
  server: string;
  /** Our own host name in the domain. */
  serverName: string;
  /** The zone of the machines' names, in lower case; without one we have only reverse zones. */
  domain?: string;
  /** Whose clients may ask, and whose reverse zones are ours. */
  subnets: readonly Subnet[];
  /** Whether what we do not know is asked elsewhere. */
  forwards: boolean;
  /** How long a name may be remembered, in seconds. */
  ttlSeconds: number;
}>;

/** What a site says of its DNS. */
export type DnsSite = Omit<DnsPolicy, "forwards"> &
  Readonly<{
    machines: readonly KnownMachine[];
    /** Who is asked what we do not know; nobody, where there are none. */
    forwarders: readonly Endpoint[];
  }>;
