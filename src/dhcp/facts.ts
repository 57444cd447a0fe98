import type { Lesson } from "./dialect.ts";
import type { LeaseFacts } from "./lease-facts.ts";
import type { MessageType } from "./message-types.ts";

/** What the DHCP server reports. Adding a row is how a new fact is introduced. */
export interface DhcpFacts extends LeaseFacts {
  "dhcp.received": {
    mac: string;
    /** Eight hex digits, as Wireshark shows it. */
    xid: string;
    messageType: MessageType;
    clientSystemArch?: number[];
    vendorClassIdentifier?: string;
    userClass?: string[];
    /** As a UUID's text. */
    clientMachineIdentifier?: string;
    /** Sub-options of option 175 that say what this iPXE can do. */
    ipxeFeatures?: number[];
    ipxeVersion?: string;
    hostName?: string;
    /** Options that could not be read, in words. */
    issues?: string[];
    from: string;
  };
  "dhcp.sent": {
    mac: string;
    xid: string;
    messageType: MessageType;
    yiaddr: string;
    siaddr?: string;
    bootfileName?: string;
    to: string;
    reason: string;
    /** A proxy talks to this firmware in another dialect from now on: the one before got it nowhere. */
    learned?: Lesson;
  };
  "dhcp.silent": {
    mac: string;
    xid?: string;
    messageType?: MessageType;
    reason: string;
    /** Another server answers it: this silence holds nobody up. */
    notOurs?: true;
  };
  "dhcp.malformed": { from: string; problem: string };
  /** What a proxy learned of its clients cannot be read or kept: they are learned anew. */
  "dhcp.dialects-failed": { file: string; problem: string };
}
