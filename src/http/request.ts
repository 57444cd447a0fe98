import type { IncomingHttpHeaders } from "node:http";

export interface HttpRequest {
  readonly method: string;
  /** Decoded and relative: no leading slash, no `.` or `..`, no control characters. The root is the empty path. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The client's IP address. */
  readonly address: string;
}

/**
 * Reads a request target (RFC 9112 §3.2: origin or absolute form); undefined when it names nothing. `//a` is `a`:
 * UEFI follows no redirects, so whatever can be understood is answered where it is asked for.
 */
export function parseTarget(target: string): { path: string; query: string } | undefined {
  const [, rest = ""] = /^(?:https?:\/\/[^/?#]*)?([^#]*)/i.exec(target) ?? [];
  const mark = rest.indexOf("?");
  const [encoded, query] = mark === -1 ? [rest, ""] : [rest.slice(0, mark), rest.slice(mark + 1)];
  const path = normalisePath(encoded);
  return path === undefined ? undefined : { path, query };
}

function normalisePath(encoded: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    return undefined; // a stray `%`, or bytes that are not UTF-8
  }
  if (/\p{Cc}/u.test(decoded)) return undefined;
  const path: string[] = [];
  // After decoding, so that `%2e%2e%2f` hides nothing; firmware writes `\` for `/`.
  for (const segment of decoded.split(/[/\\]/)) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") path.push(segment);
    else if (path.pop() === undefined) return undefined;
  }
  return path.join("/");
}

/** The plain IPv4 address of a client that reached a dual-stack socket (`::ffff:10.0.0.5`). */
export const plainAddress = (address = ""): string => address.replace(/^::ffff:(?=\d+\.)/, "");
