/** What the HTTP server reports. `id` counts requests; `from` is the client's address. */
export interface HttpFacts {
  "http.requested": {
    id: number;
    from: string;
    method: string;
    path: string;
    /** As sent, without the `?`. */
    query?: string;
    userAgent?: string;
    range?: string;
    /** It came over HTTPS. */
    tls?: boolean;
  };
  /** At most four per second and response. */
  "http.progress": { id: number; path: string; sentBytes: number; sizeBytes: number };
  /** The whole answer was handed to the kernel, be it a file or an error's text; `sizeBytes` counts the body. */
  "http.sent": {
    id: number;
    from: string;
    method: string;
    path: string;
    status: number;
    sizeBytes: number;
    durationMs: number;
    /** Why it is not what was asked for. */
    reason?: string;
  };
  /** The client got no answer, half of one, or one that says that we failed. */
  "http.failed": { id: number; from: string; path: string; reason: string };
  /** What came was not HTTP, too slow or too long for it, or one connection too many; at most four per second. */
  "http.refused": { from: string; problem: string };
}
