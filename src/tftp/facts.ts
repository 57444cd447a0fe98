/** What the TFTP server reports. `id` counts requests; `from` is the client's address, `port` its TID. */
export interface TftpFacts {
  "tftp.requested": {
    id: number;
    from: string;
    port: number;
    file: string;
    /** As asked, names in lower case. */
    options: Readonly<Record<string, string>>;
  };
  /** At most four per second and transfer. */
  "tftp.progress": { id: number; file: string; sentBytes: number; sizeBytes: number };
  "tftp.sent": {
    id: number;
    from: string;
    file: string;
    sizeBytes: number;
    durationMs: number;
    blksize: number;
    windowsize: number;
    /** Blocks sent more than once. */
    resent: number;
    /** False when everything was sent but the acknowledgement of the end never came. */
    acknowledged: boolean;
  };
  /** The client only wanted to know the size: it said so with ERROR 8 after our OACK. */
  "tftp.probed": { id: number; from: string; file: string; sizeBytes: number };
  /** There is no such file, and whoever asked for it expects that: loaders try names until one is there. */
  "tftp.absent": { id: number; from: string; file: string };
  "tftp.failed": { id: number; from: string; file: string; reason: string };
  /** A packet to the server's port that is not TFTP, or a request past our limits; at most four per second. */
  "tftp.refused": { from: string; problem: string };
}
