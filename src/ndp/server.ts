import { DecodeError } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import type { Schedule } from "./decide.ts";
import {
  allNodes,
  onSent,
  onSolicitation,
  onUnsendable,
  silentRouter,
  startSchedule,
  whyIgnored,
} from "./decide.ts";
import type { NdpFacts } from "./facts.ts";
import type { Received } from "./icmpv6-socket.ts";
import { Icmpv6Socket } from "./icmpv6-socket.ts";
import { loadLibc } from "./libc.ts";
import { decodeRouterSolicitation, encodeRouterAdvertisement } from "./message.ts";

export interface RouterAdvertisementsConfig {
  /** The interface whose hosts are told that there is no router: a lab's bridge. */
  interface: string;
}

export interface RouterAdvertisementsDeps {
  timeline: Recorder<NdpFacts>;
  /** Aborting it stops the server, as disposing it does. */
  signal: AbortSignal;
}

/** How many messages are read before the next pause: a flood fills the kernel's buffer, not our time or the timeline. */
const batch = 8;
const pauseMs = 100;

/** Answers every Router Solicitation of an interface at once, with advertisements that give nobody a route or an address. */
export async function startRouterAdvertisements(
  config: RouterAdvertisementsConfig,
  { timeline, signal }: RouterAdvertisementsDeps,
): Promise<AsyncDisposable> {
  signal.throwIfAborted();
  const libc = await loadLibc();
  signal.throwIfAborted();
  const server = new RouterAdvertisements(Icmpv6Socket.open(libc, config.interface), timeline);
  const stop = () => server[Symbol.dispose]();
  signal.addEventListener("abort", stop, { once: true });
  return {
    async [Symbol.asyncDispose]() {
      signal.removeEventListener("abort", stop);
      stop();
    },
  };
}

class RouterAdvertisements implements Disposable {
  readonly #socket: Icmpv6Socket;
  readonly #timeline: Recorder<NdpFacts>;
  readonly #advertisement = encodeRouterAdvertisement(silentRouter);
  #schedule: Schedule = startSchedule(performance.now());
  #sending: NodeJS.Timeout | undefined;
  #resuming: NodeJS.Timeout | undefined;
  /** Why the last advertisement could not be sent: said once, not at every attempt. */
  #unsendable: string | undefined;

  constructor(socket: Icmpv6Socket, timeline: Recorder<NdpFacts>) {
    this.#socket = socket;
    this.#timeline = timeline;
    this.#socket.listen(() => this.#read());
    this.#advertise();
  }

  #read(): void {
    for (let count = 0; count < batch; count += 1) {
      const received = this.#socket.receive();
      if (received === undefined) return;
      this.#hear(received);
    }
    this.#socket.pause();
    this.#resuming = setTimeout(() => this.#socket.listen(() => this.#read()), pauseMs);
  }

  #hear({ from, bytes }: Received): void {
    const heard = understand(from, bytes);
    if ("reason" in heard) {
      this.#timeline.record("ndp.silent", { from, reason: heard.reason });
      return;
    }
    this.#timeline.record("ndp.solicited", { from, ...heard });
    this.#reschedule(onSolicitation(this.#schedule, performance.now()));
  }

  #advertise(): void {
    const reason = this.#socket.sendToAllNodes(this.#advertisement);
    const now = performance.now();
    if (reason === undefined) {
      this.#timeline.record("ndp.advertised", { to: allNodes, solicited: this.#schedule.solicited });
      this.#reschedule(onSent(now));
    } else {
      if (reason !== this.#unsendable) this.#timeline.record("ndp.silent", { reason });
      this.#reschedule(onUnsendable(this.#schedule, now));
    }
    this.#unsendable = reason;
  }

  #reschedule(schedule: Schedule): void {
    this.#schedule = schedule;
    clearTimeout(this.#sending);
    const waitMs = schedule.dueMs - performance.now();
    // An answer that is due goes out before the next event: the client is waiting for nothing else.
    if (waitMs <= 0) this.#advertise();
    else this.#sending = setTimeout(() => this.#advertise(), waitMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#sending);
    clearTimeout(this.#resuming);
    this.#socket[Symbol.dispose]();
  }
}

/** The card that asks, where it names one, or why it gets no answer. */
function understand(from: string, bytes: Uint8Array): { mac?: string } | { reason: string } {
  try {
    const solicitation = decodeRouterSolicitation(bytes);
    const reason = whyIgnored(from, solicitation);
    if (reason !== undefined) return { reason };
    const { sourceLinkLayerAddress: mac } = solicitation;
    return mac === undefined ? {} : { mac };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { reason: error.message };
  }
}
