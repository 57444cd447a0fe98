import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import { decide } from "../dhcp/decide.ts";
import { LeaseTable } from "../dhcp/leases.ts";
import type { DecodedMessage } from "../dhcp/message.ts";
import { decodeMessage, encodeMessage } from "../dhcp/message.ts";
import { decodeMessage as decodeTftp, encodeMessage as encodeTftp } from "../tftp/message.ts";
import { negotiate } from "../tftp/options.ts";
import { corpusNames, corpusRequests } from "./corpus.fixture.ts";
import { world } from "./explain.fixture.ts";

/** Whoever forges a sender must not get much more out of us for a victim than they put in. */
const mostForOne = 3;

const sentTo = (port: number) =>
  corpusNames.flatMap((name) =>
    corpusRequests(name).flatMap(({ datagram }) =>
      datagram.destinationPort === port ? [datagram.payload] : [],
    ),
  );

describe("what a forged request costs its victim", () => {
  test.each(["server", "proxy"] as const)("at most three bytes for one, from DHCP as a %s", (mode) => {
    const { policy } = world({ defaultImage: "rescue" }, { mode });
    let answered = 0;
    for (const bytes of mutants(sentTo(67), 8000)) {
      const message = decoded(bytes);
      const decision = message && decide(message, policy, new LeaseTable(), 0);
      if (!decision || "silent" in decision) continue;
      answered += 1;
      const { length } = encodeMessage(decision.reply.message);
      expect(length, Buffer.from(bytes).toString("hex")).toBeLessThanOrEqual(mostForOne * bytes.length);
    }
    expect(answered).toBeGreaterThan(1000);
  });

  test("at most three bytes for one, from the first answer of TFTP and its repetition to whoever asks for options", () => {
    const requests = sentTo(69);
    expect(requests.length).toBeGreaterThan(10);
    for (const bytes of requests) {
      const request = decodeTftp(bytes);
      if (request.type !== "RRQ" || request.options.size === 0) continue;
      const limits = { maxBlksize: 1468, maxWindowsize: 64, timeoutMs: 1000 };
      const { oack } = negotiate(request.options, 2 ** 40, limits);
      const { length } = encodeTftp({ type: "OACK", options: oack });
      expect(2 * length).toBeLessThanOrEqual(mostForOne * bytes.length);
    }
  });
});

function decoded(bytes: Uint8Array): DecodedMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
