import { describe, expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import type { Exchange } from "./exchange.ts";
import type { DnsFacts } from "./facts.ts";
import { decodeForwarded } from "./forwarded-answer.ts";
import type { ForwarderConfig, Resolution } from "./forwarder.ts";
import { Forwarder } from "./forwarder.ts";
import { decodeQuery } from "./message.ts";
import type { Asked } from "./queries.fixture.ts";
import { queryBytes, responseTo } from "./queries.fixture.ts";

type Behaviour = (query: Uint8Array, transport: string, asked: number) => Uint8Array | Promise<Uint8Array>;

const found: Behaviour = (query) =>
  responseTo(query, { answers: [{ type: "A", name: "x", ttl: 60, data: "192.0.2.1" }] });
const refusing: Behaviour = (query) => responseTo(query, { rcode: 5 });
const dead: Behaviour = () => Promise.reject(new Error("connection refused"));

function forwarder(servers: Record<string, Behaviour>, config: Partial<ForwarderConfig> = {}) {
  const timeline = new Timeline<DnsFacts>();
  const asked: string[] = [];
  const sent: Uint8Array[] = [];
  const exchange: Exchange = async (transport, query, { address }) => {
    asked.push(`${address} ${transport}`);
    sent.push(query);
    const behaviour = servers[address] ?? dead;
    return decodeForwarded(await behaviour(query, transport, asked.length));
  };
  let now = 0;
  const made = new Forwarder(
    { servers: Object.keys(servers).map((address) => ({ address, port: 53 })), ...config },
    { timeline, signal: new AbortController().signal, exchange, now: () => now },
  );
  const resolve = (name = "www.example.org", client = "10.69.0.10", how: Asked = {}) =>
    made.resolve(decodeQuery(queryBytes(name, "A", how)), client);
  return { resolve, asked, sent, timeline, wait: (ms: number) => (now += ms) };
}

const by = (resolution: Resolution) => ("failed" in resolution ? resolution.failed : resolution.by);

describe("a forwarder", () => {
  test("asks once and remembers, with the age of what it remembers", async () => {
    const { resolve, asked, wait } = forwarder({ one: found });
    expect(by(await resolve())).toBe("forwarder");
    wait(5000);
    expect(await resolve("WWW.example.org")).toMatchObject({ by: "cache", ageSeconds: 5 });
    wait(60_000);
    expect(by(await resolve())).toBe("forwarder");
    expect(asked).toHaveLength(2);
  });

  test("does not give an answer without signatures to who asked for them", async () => {
    const { resolve, asked } = forwarder({ one: found });
    await resolve();
    await resolve("www.example.org", "10.69.0.10", { edns: { dnssecOk: true } });
    expect(asked).toHaveLength(2);
  });

  test("asks each of them, also when another question's answer says meanwhile who is best", async () => {
    const { promise, reject } = Promise.withResolvers<Uint8Array>();
    const slow: Behaviour = (_, __, asked) => (asked === 1 ? promise : dead(new Uint8Array(), "udp", asked));
    const { resolve, asked } = forwarder({ one: slow, two: found });
    const first = resolve("a.example.org");
    expect(by(await resolve("b.example.org"))).toBe("forwarder"); // two is the one to ask first from now on
    reject(new Error("connection refused"));
    expect(by(await first)).toBe("forwarder");
    expect(asked).toEqual(["one udp", "one udp", "two udp", "two udp"]);
  });

  test("asks the next one after a refusal, records why, and comes back to it", async () => {
    const { resolve, asked, timeline } = forwarder({ one: refusing, two: found });
    expect(by(await resolve())).toBe("forwarder");
    await resolve("other.example.org");
    expect(asked).toEqual(["one udp", "two udp", "two udp"]);
    expect(timeline.facts("dns.forwarder-failed")).toMatchObject([
      { forwarder: "one:53", reason: "REFUSED" },
    ]);
  });

  test("gives up after two rounds and says what the last one said", async () => {
    const { resolve, asked } = forwarder({ one: dead, two: refusing });
    expect(by(await resolve())).toBe("two: REFUSED");
    expect(asked).toHaveLength(4);
    await resolve();
    expect(asked).toHaveLength(8); // failures are not remembered
  });

  test("asks again over TCP when the answer did not fit", async () => {
    const cut: Behaviour = (query, transport, asked) =>
      transport === "udp" ? responseTo(query, { flags: 0x200 }) : found(query, transport, asked);
    const { resolve, asked } = forwarder({ one: cut });
    expect(by(await resolve())).toBe("forwarder");
    expect(asked).toEqual(["one udp", "one tcp"]);
  });

  test("asks with another id each time, and never with the client's", async () => {
    const { resolve, sent } = forwarder({ one: refusing }, { rounds: 50 });
    await resolve();
    const ids = new Set(sent.map((query) => decodeQuery(query).header.id));
    expect(ids.size).toBeGreaterThan(45);
  });

  test("asks a question once for all who wait for it, and so is not led in circles", async () => {
    let answer = () => {};
    const slow: Behaviour = (query, transport, asked) =>
      new Promise((resolve) => {
        answer = () => resolve(found(query, transport, asked) as Uint8Array);
      });
    const { resolve, asked } = forwarder({ one: slow });
    const waiting = ["a", "b", "c"].map((client) => resolve("www.example.org", client));
    answer();
    expect((await Promise.all(waiting)).map(by)).toEqual(["forwarder", "forwarder", "forwarder"]);
    expect(asked).toHaveLength(1);
  });

  test("limits what one client waits for, and what all do", async () => {
    const waiting: (() => void)[] = [];
    const slow: Behaviour = (query, transport, asked) =>
      new Promise((resolve) => {
        waiting.push(() => resolve(found(query, transport, asked) as Uint8Array));
      });
    const { resolve } = forwarder({ one: slow }, { maxInFlight: 3, maxInFlightPerClient: 2 });
    const first = [resolve("1.example"), resolve("2.example")];
    expect(by(await resolve("3.example"))).toMatch(/10.69.0.10 waits for 2 answers/);
    const third = resolve("3.example", "10.69.0.11");
    expect(by(await resolve("4.example", "10.69.0.12"))).toMatch(/3 questions wait/);
    for (const done of waiting) done();
    expect((await Promise.all([...first, third])).map(by)).toEqual(["forwarder", "forwarder", "forwarder"]);
    const after = resolve("5.example");
    waiting.at(-1)?.();
    expect(by(await after)).toBe("forwarder");
  });
});
