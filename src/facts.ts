import type { BootDecisionFacts } from "./boot/facts.ts";
import type { DhcpFacts } from "./dhcp/facts.ts";
import type { DnsFacts } from "./dns/facts.ts";
import type { HttpFacts } from "./http/facts.ts";
import type { MirrorFacts } from "./images/facts.ts";
import type { StateFacts } from "./images/state/facts.ts";
import type { NdpFacts } from "./ndp/facts.ts";
import type { SyslogFacts } from "./syslog/facts.ts";
import type { TftpFacts } from "./tftp/facts.ts";

/** What a machine reports about itself over HTTP. */
export interface ReadyFacts {
  /** The machine asked for /ready: its userland is up and has an address. */
  "machine.ready": { machine: string; address: string };
}

/** Everything that can happen in the stack; the lab adds its own rows (lab/facts.ts). */
export interface NetbootFacts
  extends DhcpFacts,
    TftpFacts,
    HttpFacts,
    DnsFacts,
    SyslogFacts,
    NdpFacts,
    MirrorFacts,
    BootDecisionFacts,
    StateFacts,
    ReadyFacts {}
