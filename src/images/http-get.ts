import type { IncomingMessage } from "node:http";
import { Agent as HttpAgent, get as httpGet } from "node:http";
import { Agent as HttpsAgent, get as httpsGet } from "node:https";

/** Why a mirror did not give what it was asked for, in words for people. `again`: the same mirror may do so yet. */
export class MirrorProblem extends Error {
  override readonly name = "MirrorProblem";
  readonly again: boolean;
  /** The HTTP status it answered with, where that is the problem. */
  readonly status: number | undefined;

  constructor(problem: string, { again = false, status }: { again?: boolean; status?: number } = {}) {
    super(problem);
    this.again = again;
    this.status = status;
  }
}

const mostRedirects = 5;
const userAgent = "dryboot";

// The environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY count, as they do for other programs that download.
const httpAgent = new HttpAgent({ keepAlive: true, proxyEnv: process.env });
const httpsAgent = new HttpsAgent({ keepAlive: true, proxyEnv: process.env });

/**
 * Asks for a URL and follows where it leads, never from HTTPS to HTTP. The body is as it was sent: `fetch` would unpack
 * what servers call `Content-Encoding: gzip` because its name ends in `.gz`, and no digest would be right.
 */
export async function openUrl(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let at = new URL(url);
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const response = await ask(at, headers, signal);
    const { statusCode = 0, headers: got } = response;
    if (![301, 302, 303, 307, 308].includes(statusCode) || got.location === undefined) return response;
    response.destroy();
    at = redirected(at, got.location);
  }
  throw new MirrorProblem(`it leads from one address to the next, more than ${mostRedirects} times`);
}

function redirected(from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  if (to === null) throw new MirrorProblem("it leads to an address that is none");
  if (to.protocol === "https:" || (to.protocol === "http:" && from.protocol === "http:")) return to;
  throw new MirrorProblem(`it leads from ${from.protocol}// to ${to.protocol}//, which anybody could change`);
}

function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = {
    headers: { "user-agent": userAgent, "accept-encoding": "identity", ...headers },
    signal,
  };
  const request = secure
    ? httpsGet(url, { ...options, agent: httpsAgent }, resolve)
    : httpGet(url, { ...options, agent: httpAgent }, resolve);
  request.on("error", reject);
  return promise;
}

/** An address as it may be shown and kept: without the name and password that may stand in it. */
export function shownUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.username === "" && parsed.password === "")) return url;
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}
