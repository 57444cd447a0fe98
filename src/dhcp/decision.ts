import type { NetbootClient } from "./client.ts";
import type { Lesson } from "./dialect.ts";
import type { ClientKey, Lease, LeaseReader } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";
import type { DhcpPolicy } from "./policy.ts";
import type { Observation } from "./proxy-memory.ts";
import type { Reply } from "./reply.ts";
import { destinationOf, fitted } from "./reply.ts";

/** What to send or why nothing, and what to remember first. */
export type Decision = Readonly<
  (
    | {
        reply: Reply;
        reason: string;
        delayMs?: number;
      }
    | {
        silent: string;
        /** Another server answers it: nobody waits for us. */
        notOurs?: true;
      }
  ) & {
    /** The lease to store, if one changes. */
    store?: Lease | undefined;
    /** What the disk is told of that lease already says as much: nothing is to be written. */
    isHeld?: boolean;
    /** What a proxy remembers of the sender. */
    observed?: Observation | undefined;
    learned?: Lesson | undefined;
  }
>;

/** One message, and all that its answer depends on. */
export type Asking = Readonly<{
  message: DhcpMessage;
  client: NetbootClient;
  key: ClientKey;
  /** Of the network the message is about. */
  policy: DhcpPolicy;
  leases: LeaseReader;
  now: number;
}>;

/** Sends a reply as far as the request's sender can hold it. */
export function send(
  { message }: Pick<Asking, "message">,
  reply: DhcpMessage,
  reasons: readonly (string | undefined)[],
): Decision {
  const fit = fitted(reply, message);
  if (!fit) return { silent: "the answer is longer than the client accepts (option 57)" };
  const shortened = fit.leftOut.length === 0 ? [] : [`left out for want of room: ${fit.leftOut.join(", ")}`];
  return {
    reply: { message: fit.message, to: destinationOf(fit.message) },
    reason: [...reasons, ...shortened].filter((reason) => reason !== undefined).join("; "),
  };
}
