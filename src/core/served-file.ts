/** Something TFTP and HTTP hand out: bytes in memory, or a file whose path *we* chose; never one a client named. */
export type ServedFile = Readonly<
  ({ bytes: Uint8Array } | { path: string }) & {
    sizeBytes: number;
    /** SHA-256 in lower-case hex, where it is known: the strong ETag. */
    sha256?: string;
    /** Milliseconds since the epoch. */
    modifiedMs?: number;
    /** Media type; without it the server judges by the extension of the requested name. */
    contentType?: string;
  }
>;
