import type { DhcpFacts } from "../dhcp/facts.ts";
import type { NetbootFacts } from "../facts.ts";

/** What a server on a real network reports besides what it is asked. */
export interface ServeFacts {
  /** Every socket is bound; from here on clients are answered (or listened to, in a dry run). */
  "serve.started": {
    site: string;
    file: string;
    interface: string;
    address: string;
    /** As the site says: `server`, `reservations`, `proxy` or `off`. */
    mode: string;
    dryRun: boolean;
    pid: number;
  };
  /** Root was given up for this user, and cannot be had back. */
  "serve.user-changed": { user: string; uid: number; gid: number };
  /** The segment was asked who hands out addresses, before we do; an answer is waited for this long. */
  "serve.asked-around": { waitMs: number };
  /** Another DHCP server on the segment answered our question. */
  "serve.server-found": ForeignServer;
  /** Nobody did. */
  "serve.server-absent": { waitedMs: number };
  "serve.reloaded": { changes: readonly string[] };
  /** HTTPS is served with another certificate from the next connection on. */
  "serve.certificate-renewed": { until: string };
  /** The site stays what it was. */
  "serve.reload-failed": { problem: string; where: string; next: string };
  /** It works, but not as somebody may expect. */
  "serve.warned": { problem: string; next: string };
  "serve.stopped": { uptimeMs: number };
  /** A dry run's answer: what `dhcp.sent` would have said. */
  "dhcp.withheld": DhcpFacts["dhcp.sent"];
}

/** Who else hands out addresses here, and what it offered a machine it had never seen. */
export interface ForeignServer {
  /** Its server identifier (option 54), or where its offer came from. */
  server: string;
  /** Where the packet came from: a relay's address may stand here. */
  from: string;
  yiaddr: string;
  router?: string;
  bootfileName?: string;
  leaseTimeMs?: number;
}

export interface LiveFacts extends NetbootFacts, ServeFacts {}
