import { randomInt } from "node:crypto";
import { SourceBudget } from "../core/source-budget.ts";
import type { Recorder } from "../core/timeline.ts";
import { AnswerCache } from "./cache.ts";
import { flags, formatRcode, formatType, rcodes } from "./codes.ts";
import type { Endpoint, Exchange } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import type { DnsFacts } from "./facts.ts";
import type { ForwardedAnswer } from "./forwarded-answer.ts";
import type { Query } from "./message.ts";
import { optRecord } from "./reply.ts";

export type ForwardingLimits = Readonly<{
  /** How long one of them has; 1500 unless said. */
  timeoutMs?: number;
  /** How often all of them are asked; 2 unless said. */
  rounds?: number;
  /** Questions on their way at once: in all (256 unless said), and for one client (32). */
  maxInFlight?: number;
  maxInFlightPerClient?: number;
  cacheBytes?: number;
}>;

/** The servers are asked in their order. */
export type ForwarderConfig = ForwardingLimits & Readonly<{ servers: readonly Endpoint[] }>;

export type ForwarderDeps = Readonly<{
  timeline: Recorder<DnsFacts>;
  signal: AbortSignal;
  exchange?: Exchange;
  /** Milliseconds that never go back. */
  now?: () => number;
}>;

export type Resolution = Readonly<
  { answer: ForwardedAnswer; ageSeconds: number; by: "cache" | "forwarder" } | { failed: string }
>;

/** Asks other servers, remembers what they say, and asks no question twice at a time. */
export class Forwarder {
  readonly #config: ForwarderConfig;
  readonly #deps: ForwarderDeps;
  readonly #exchange: Exchange;
  readonly #now: () => number;
  readonly #cache: AnswerCache;
  readonly #inFlight = new Map<string, Promise<Resolution>>();
  readonly #worthReporting = new SourceBudget({ perSource: 5, inAll: 20 });
  readonly #clients = new Map<string, number>();
  /** The server that answered last is asked first. */
  #preferred = 0;

  constructor(config: ForwarderConfig, deps: ForwarderDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#exchange = deps.exchange ?? exchange;
    this.#now = deps.now ?? (() => performance.now());
    this.#cache = new AnswerCache(config.cacheBytes);
  }

  async resolve(query: Query, client: string): Promise<Resolution> {
    const key = keyOf(query);
    const cached = this.#cache.find(key, this.#now());
    if (cached !== undefined) return { ...cached, by: "cache" };
    const { maxInFlight = 256, maxInFlightPerClient = 32 } = this.#config;
    const ofClient = this.#clients.get(client) ?? 0;
    if (ofClient >= maxInFlightPerClient)
      return { failed: `${client} waits for ${ofClient} answers already` };
    // Asked once however many want to know it: many equal questions would make one forged answer likely (RFC 5452 §5).
    let asking = this.#inFlight.get(key);
    if (asking === undefined) {
      if (this.#inFlight.size >= maxInFlight) return { failed: `${maxInFlight} questions wait already` };
      asking = this.#ask(query, key).finally(() => this.#inFlight.delete(key));
      this.#inFlight.set(key, asking);
    }
    this.#clients.set(client, ofClient + 1);
    try {
      return await asking;
    } finally {
      const left = (this.#clients.get(client) ?? 1) - 1;
      if (left === 0) this.#clients.delete(client);
      else this.#clients.set(client, left);
    }
  }

  async #ask(query: Query, key: string): Promise<Resolution> {
    const { servers, rounds = 2 } = this.#config;
    const first = this.#preferred; // another question's answer may change it meanwhile
    let reason = "there is no forwarder";
    for (let attempt = 0; attempt < rounds * servers.length; attempt += 1) {
      const index = (first + attempt) % servers.length;
      const server = servers[index];
      if (server === undefined) break;
      const result = await this.#askOne(query, server);
      if (this.#deps.signal.aborted) return { failed: "the server is being stopped" };
      if (typeof result !== "string") {
        this.#preferred = index;
        this.#cache.store(key, result, this.#now());
        return { answer: result, ageSeconds: 0, by: "forwarder" };
      }
      reason = `${server.address}: ${result}`;
      this.#report(query, server, result);
    }
    return { failed: reason };
  }

  #report({ question }: Query, { address, port }: Endpoint, reason: string): void {
    const forwarder = `${address}:${port}`;
    if (this.#worthReporting.take(forwarder) !== "within") return;
    const { name, type } = question;
    this.#deps.timeline.record("dns.forwarder-failed", { forwarder, name, qtype: formatType(type), reason });
  }

  /** An answer worth passing on, or why there is none. */
  async #askOne(query: Query, server: Endpoint): Promise<ForwardedAnswer | string> {
    const { timeoutMs = 1500 } = this.#config;
    const ask = (transport: "udp" | "tcp") => {
      const signal = AbortSignal.any([this.#deps.signal, AbortSignal.timeout(timeoutMs)]);
      return this.#exchange(transport, encodeForwardedQuery(query), server, signal);
    };
    try {
      const overUdp = await ask("udp");
      const answer = overUdp.header.truncated ? await ask("tcp") : overUdp;
      // The others may know better than one that refuses or has trouble of its own.
      const { rcode } = answer;
      return rcode === rcodes.NOERROR || rcode === rcodes.NXDOMAIN ? answer : formatRcode(rcode);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return error.name === "TimeoutError" ? `no answer within ${timeoutMs} ms` : error.message;
    }
  }
}

/** What makes two questions the same to a forwarder: DO and CD change what it sends. */
function keyOf({ question, header, edns }: Query): string {
  return [question.name, question.type, edns?.dnssecOk ?? false, header.checkingDisabled].join(" ");
}

function encodeForwardedQuery({ question, header, edns }: Query): Uint8Array {
  const opt = optRecord(0, edns?.dnssecOk ?? false);
  const bytes = new Uint8Array(12 + question.bytes.length + opt.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, randomInt(0x1_0000));
  view.setUint16(2, flags.recursionDesired | (header.checkingDisabled ? flags.checkingDisabled : 0));
  view.setUint16(4, 1);
  view.setUint16(10, 1);
  bytes.set(question.bytes, 12);
  bytes.set(opt, 12 + question.bytes.length);
  return bytes;
}
