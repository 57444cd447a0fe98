import { DecodeError } from "../../core/errors.ts";

/** A body's first line, and what is behind it. Fails when there is none, or when it is longer than any token. */
export async function behindFirstLine(
  body: AsyncIterable<Uint8Array>,
): Promise<{ line: string; rest: AsyncIterable<Uint8Array> }> {
  const chunks = body[Symbol.asyncIterator]();
  let begin = Buffer.alloc(0);
  while (!begin.includes(10)) {
    if (begin.length > longestLine) throw new DecodeError("body", 0, "no token in its first line");
    const next = await chunks.next();
    if (next.done) throw new DecodeError("body", begin.length, "no token in its first line");
    begin = Buffer.concat([begin, next.value]);
  }
  const end = begin.indexOf(10);
  async function* rest() {
    yield begin.subarray(end + 1);
    for (;;) {
      const next = await chunks.next();
      if (next.done) return;
      yield next.value;
    }
  }
  return { line: begin.toString("latin1", 0, end), rest: rest() };
}

const longestLine = 256;

/** The bytes of a body in base64 (RFC 4648 §4), line ends left out: what busybox's wget can send, which stops at a NUL. */
export async function* fromBase64(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let [rest, offset, ended] = ["", 0, false];
  for await (const chunk of body) {
    const text = rest + Buffer.from(chunk).toString("latin1").replaceAll(/\s/g, "");
    const whole = text.slice(0, text.length - (text.length % 4));
    rest = text.slice(whole.length);
    if (whole === "") continue;
    if (ended || !/^[A-Za-z0-9+/]*={0,2}$/.test(whole)) throw new DecodeError("body", offset, "not base64");
    ended = whole.endsWith("=");
    offset += whole.length;
    yield Buffer.from(whole, "base64");
  }
  if (rest !== "") throw new DecodeError("body", offset, "base64 that is cut short");
}
