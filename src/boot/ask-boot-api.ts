import { DecodeError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import type { Recorder } from "../core/timeline.ts";
import type { ApiBoot } from "./boot-api.ts";
import { apiAddress, parseApiBoot } from "./boot-api.ts";
import type { BootDecisionFacts } from "./facts.ts";

/** Fetches an address; it keeps to a deadline and a size. */
export type FetchText = (address: string) => Promise<{ status: number; text: string }>;

/** What the API said: something to boot, that there is nothing, or why nobody knows. */
export type ApiSays = Readonly<{ boot: ApiBoot } | { nothing: true } | { problem: string }>;

const freshMs = 5000;
const mostKept = 1024;
const mostAtOnce = 16;

/** Asks another boot API, each machine's question once in a few seconds, and never many at once: anybody can make us ask. */
export class BootApi {
  readonly #url: string;
  readonly #fetch: FetchText;
  readonly #timeline: Recorder<BootDecisionFacts>;
  readonly #now: () => number;
  readonly #answers = new Map<string, { says: Promise<ApiSays>; untilMs: number }>();
  #asking = 0;

  constructor(
    url: string,
    deps: { fetch: FetchText; timeline: Recorder<BootDecisionFacts>; now?: () => number },
  ) {
    this.#url = url;
    this.#fetch = deps.fetch;
    this.#timeline = deps.timeline;
    this.#now = deps.now ?? (() => performance.now());
  }

  /** Never fails. */
  async ask(mac: string): Promise<ApiSays> {
    const kept = this.#answers.get(mac);
    if (kept && this.#now() < kept.untilMs) return await kept.says;
    if (this.#asking >= mostAtOnce) return { problem: "too many are being asked about already" };
    const says = this.#once(mac);
    this.#answers.delete(mac);
    this.#answers.set(mac, { says, untilMs: this.#now() + freshMs });
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= mostKept) break;
      this.#answers.delete(oldest);
    }
    return await says;
  }

  async #once(mac: string): Promise<ApiSays> {
    const address = apiAddress(this.#url, mac);
    this.#asking += 1;
    try {
      const { status, text } = await this.#fetch(address);
      const says: ApiSays = status === 200 ? { boot: parseApiBoot(text, address) } : { nothing: true };
      const kernel = "boot" in says ? { kernel: says.boot.kernel } : {};
      this.#timeline.record("api.answered", { mac, address, status, ...kernel });
      return says;
    } catch (error) {
      const problem = printable(inWords(error));
      this.#timeline.record("api.failed", { mac, address, problem });
      return { problem };
    } finally {
      this.#asking -= 1;
    }
  }
}

function inWords(error: unknown): string {
  if (error instanceof DecodeError) return `its answer cannot be used: ${error.message}`;
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
