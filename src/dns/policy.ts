import type { Subnet } from "../wire/ipv4.ts";

/** Everything that decides an answer apart from the question and the names. Checked before it gets here. */
export type DnsPolicy = Readonly<{
  /** Our own address. */
  server: string;
  /** Our own host name in the domain. */
  serverName: string;
  /** The zone of the machines' names, in lower case; without one we have only reverse zones. */
  domain?: string;
  /** Whose clients may ask, and whose reverse zones are ours. */
  subnet: Subnet;
  /** Whether what we do not know is asked elsewhere. */
  forwards: boolean;
  /** How long a name may be remembered, in seconds. */
  ttlSeconds: number;
}>;
