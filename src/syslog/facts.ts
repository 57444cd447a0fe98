/** What the log receiver reports. */
export interface SyslogFacts {
  "syslog.received": {
    /** Whoever holds the address it came from. */
    machine?: string;
    from: string;
    facility: string;
    severity: string;
    hostName?: string;
    appName?: string;
    procId?: string;
    text: string;
  };
  /** Lines that are not in the record: too many, from a stranger, or without content. */
  "syslog.dropped": { machine?: string; from: string; reason: string };
}
