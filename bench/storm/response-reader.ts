export type Answered = Readonly<{ status: number; bodyBytes: number; text: string }>;

const longestHead = 16 * 1024;

/** One HTTP/1.1 response with a Content-Length, read piece by piece; the body is counted and, unless asked for, dropped. */
export class ResponseReader {
  readonly #want: "text" | "size";
  #head = "";
  #status = 0;
  #left: number | undefined;
  #bodyBytes = 0;
  #text = "";

  constructor(want: "text" | "size") {
    this.#want = want;
  }

  /** The response once it is whole. */
  take(bytes: Uint8Array): Answered | undefined {
    const body = this.#left === undefined ? this.#takeHead(bytes) : bytes;
    if (body === undefined || this.#left === undefined) return undefined;
    this.#left -= body.length;
    this.#bodyBytes += body.length;
    if (this.#left < 0) throw new Error("more came than was announced");
    if (this.#want === "text") this.#text += Buffer.from(body).toString("latin1");
    if (this.#left > 0) return undefined;
    return { status: this.#status, bodyBytes: this.#bodyBytes, text: this.#text };
  }

  /** What of these bytes belongs to the body; undefined while the head is not whole. */
  #takeHead(bytes: Uint8Array): Uint8Array | undefined {
    const before = this.#head.length;
    this.#head += Buffer.from(bytes.subarray(0, longestHead)).toString("latin1");
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) {
      if (this.#head.length >= longestHead) throw new Error("the head of a response does not end");
      return undefined;
    }
    const head = this.#head.slice(0, end);
    this.#status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (Number.isNaN(this.#status) || length === undefined) throw new Error(`no response of ours: ${head}`);
    this.#left = Number(length);
    return bytes.subarray(end + 4 - before);
  }
}
