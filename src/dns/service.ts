import { DecodeError } from "../core/errors.ts";
import { SourceBudget } from "../core/source-budget.ts";
import type { Recorder } from "../core/timeline.ts";
import { formatRcode, formatType } from "./codes.ts";
import type { Decision } from "./decide.ts";
import { decide } from "./decide.ts";
import type { DnsFacts } from "./facts.ts";
import type { Forwarder } from "./forwarder.ts";
import type { Header, Query } from "./message.ts";
import { decodeHeader, decodeQuery } from "./message.ts";
import type { NameReader } from "./names.ts";
import type { DnsPolicy } from "./policy.ts";
import type { Answer } from "./reply.ts";
import { encodeAnswer, encodeForwarded, encodeHeaderOnly } from "./reply.ts";

export type Transport = "udp" | "tcp";

/** What answers are made of; replaced as a whole when the site changes. */
export type ServiceParts = Readonly<{
  policy: DnsPolicy;
  names: NameReader;
  forwarder: Forwarder;
}>;

/** Facts are kept for as long as a run lasts: a client that asks without end must not fill the memory with them. */
const factsPerSecond = { perSource: 50, inAll: 500 };

/** The shell around `decide`, the same for both transports: a message in, facts, a message or nothing out. */
export class DnsService {
  /** From the next message on. */
  parts: ServiceParts;
  readonly #timeline: Recorder<DnsFacts>;
  readonly #budget = new SourceBudget(factsPerSecond);

  constructor(parts: ServiceParts, timeline: Recorder<DnsFacts>) {
    this.parts = parts;
    this.#timeline = timeline;
  }

  /** The reply to send; undefined when there is none. */
  async answer(bytes: Uint8Array, from: string, transport: Transport): Promise<Uint8Array | undefined> {
    const begun = performance.now();
    const header = this.#readHeader(bytes, from);
    if (header === undefined) return undefined;
    if (header.opcode !== 0) {
      this.#record(from, "dns.malformed", { from, problem: `opcode ${header.opcode} is not served` });
      return encodeHeaderOnly(header, "NOTIMP");
    }
    const query = this.#readQuery(bytes, from);
    if (query === undefined) return encodeHeaderOnly(header, "FORMERR");
    const decision = decide(query, from, this.parts.policy, this.parts.names);
    const asking = { query, from, transport, begun };
    return "forward" in decision ? this.#forward(asking) : this.#answerOurselves(asking, decision);
  }

  /** A response is never answered, however it looks: two servers would talk for ever. */
  #readHeader(bytes: Uint8Array, from: string): Header | undefined {
    const header = this.#decoded(from, () => decodeHeader(bytes));
    if (header === undefined || !header.isResponse) return header;
    this.#record(from, "dns.silent", { from, reason: "it is a response that nobody asked for" });
    return undefined;
  }

  #readQuery(bytes: Uint8Array, from: string): Query | undefined {
    return this.#decoded(from, () => decodeQuery(bytes));
  }

  #decoded<T>(from: string, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#record(from, "dns.malformed", { from, problem: error.message });
      return undefined;
    }
  }

  #answerOurselves(asking: Asking, { answer, reason }: Extract<Decision, { answer: Answer }>): Uint8Array {
    const { query, from, transport } = asking;
    const given = answer.answers.flatMap(({ data }) => (typeof data === "string" ? [data] : []));
    this.#record(from, "dns.answered", {
      ...about(asking),
      rcode: answer.rcode,
      by: answer.authoritative ? "zone" : "policy",
      ...(given.length === 0 ? {} : { answers: given }),
      reason,
    });
    return encodeAnswer(query, answer, { transport, recursionAvailable: this.parts.policy.forwards });
  }

  async #forward(asking: Asking): Promise<Uint8Array> {
    const { query, from, transport, begun } = asking;
    const sending = { transport, recursionAvailable: true };
    const resolution = await this.parts.forwarder.resolve(query, from);
    const durationMs = Math.round(performance.now() - begun);
    if ("failed" in resolution) {
      const reason = resolution.failed;
      this.#record(from, "dns.answered", {
        ...about(asking),
        rcode: "SERVFAIL",
        by: "forwarder",
        reason,
        durationMs,
      });
      return encodeAnswer(query, servfail, sending);
    }
    const { answer, ageSeconds, by } = resolution;
    this.#record(from, "dns.answered", {
      ...about(asking),
      rcode: formatRcode(answer.rcode),
      by,
      reason: by === "cache" ? `asked ${ageSeconds} s ago` : "asked a forwarder",
      durationMs,
    });
    return encodeForwarded(query, answer, ageSeconds, sending);
  }

  #record<T extends keyof DnsFacts>(from: string, type: T, details: DnsFacts[T]): void {
    const verdict = this.#budget.take(from);
    if (verdict === "within") this.#timeline.record(type, details);
    if (verdict !== "overrun") return;
    const reason = "more questions than are worth recording: the rest of this second is only answered";
    this.#timeline.record("dns.silent", { from, reason });
  }
}

type Asking = Readonly<{ query: Query; from: string; transport: Transport; begun: number }>;

function about({ query, from, transport }: Asking) {
  return { from, transport, name: query.question.name, qtype: formatType(query.question.type) };
}

const servfail: Answer = { rcode: "SERVFAIL", authoritative: false, answers: [], authorities: [] };
