import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { closeUdp } from "../core/udp-listener.ts";
import type { DnsFacts } from "./facts.ts";
import { Frames, frame } from "./frames.ts";
import { listenBoth } from "./listen-both.ts";
import type { DnsSite } from "./policy.ts";
import { queryBytes, readReply, responseTo } from "./queries.fixture.ts";
import type { DnsConfig } from "./server.ts";
import { startDns } from "./server.ts";
import { listenTcp } from "./tcp-listener.ts";

const site: DnsSite = {
  server: "127.0.0.1",
  serverName: "dryboot",
  domain: "lab.internal",
  subnets: [{ network: "127.0.0.0", prefixLength: 24 }],
  ttlSeconds: 60,
  machines: [{ name: "left", mac: "52:54:00:69:02:0a", ip: "127.0.0.10" }],
  forwarders: [],
};

async function server({ forwarders = [], ...config }: Partial<DnsConfig> & Partial<DnsSite> = {}) {
  const timeline = new Timeline<DnsFacts>();
  const dns = await startDns(
    { address: "127.0.0.1", port: 0, site: { ...site, forwarders }, held: () => [], ...config },
    { timeline, signal: AbortSignal.timeout(20_000) },
  );
  onTestFinished(() => dns[Symbol.asyncDispose]());
  return { timeline, dns, port: dns.port };
}

async function askUdp(port: number, query: Uint8Array): Promise<Buffer> {
  const socket = createSocket("udp4");
  try {
    socket.send(query, port, "127.0.0.1");
    const [bytes] = await once(socket, "message", { signal: AbortSignal.timeout(5000) });
    return bytes;
  } finally {
    socket.close();
  }
}

async function askTcp(port: number, pieces: readonly Uint8Array[], answers: number): Promise<Uint8Array[]> {
  const socket = connect(port, "127.0.0.1");
  const frames = new Frames();
  const received: Uint8Array[] = [];
  for (const piece of pieces) socket.write(piece);
  for await (const bytes of socket as AsyncIterable<Buffer>) {
    received.push(...frames.add(bytes));
    if (received.length >= answers) break;
  }
  return received;
}

/** A forwarder of the test's own, on UDP and TCP, that answers with what it is told to. */
async function upstream(answer: (query: Uint8Array, transport: "udp" | "tcp") => Uint8Array[]) {
  const { udp, tcp } = await listenBoth("127.0.0.1", 0, (port) =>
    listenTcp("127.0.0.1", port, async (query) => answer(query, "tcp")[0]),
  );
  udp.on("message", (query, { port }) => {
    for (const bytes of answer(query, "udp")) udp.send(bytes, port, "127.0.0.1");
  });
  onTestFinished(() => closeUdp(udp));
  onTestFinished(() => tcp[Symbol.asyncDispose]());
  return [{ address: "127.0.0.1", port: tcp.port }];
}

const forwarding = { timeoutMs: 500, rounds: 1 };
const manyAddresses = Array.from({ length: 60 }, (_, index) => ({
  type: "A" as const,
  name: "many.example",
  ttl: 60,
  data: `192.0.2.${index}`,
}));

describe("the DNS server", () => {
  test("answers over UDP with authority, and repeats the question as it was spelled", async () => {
    const { port, timeline } = await server();
    const reply = readReply(await askUdp(port, queryBytes("LEFT.lab.internal", "A", { id: 77 })));
    expect(reply).toMatchObject({ id: 77, rcode: "NOERROR", flag_aa: true, flag_rd: true, flag_ra: false });
    expect(reply.questions).toMatchObject([{ name: "LEFT.lab.internal", type: "A" }]);
    expect(reply.answers).toMatchObject([{ type: "A", ttl: 60, data: "127.0.0.10" }]);
    expect(reply.additionals).toEqual([]); // no OPT for who sent none
    expect(timeline.facts("dns.answered")).toMatchObject([
      { name: "left.lab.internal", qtype: "A", rcode: "NOERROR", by: "zone", answers: ["127.0.0.10"] },
    ]);
  });

  test("answers several questions on one TCP connection, however they are cut", async () => {
    const { port } = await server();
    const whole = Buffer.concat(
      ["left", "dryboot", "nobody"].map((name, id) => frame(queryBytes(`${name}.lab.internal`, "A", { id }))),
    );
    const replies = await askTcp(port, [whole.subarray(0, 1), whole.subarray(1, 50), whole.subarray(50)], 3);
    expect(replies.map((reply) => readReply(reply).rcode)).toEqual(["NOERROR", "NOERROR", "NXDOMAIN"]);
  });

  test("answers a client that has said all it wants to say", async () => {
    const { port } = await server();
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.end(frame(queryBytes("left.lab.internal")));
    const pieces: Buffer[] = [];
    for await (const piece of socket as AsyncIterable<Buffer>) pieces.push(piece);
    expect(readReply(Buffer.concat(pieces).subarray(2)).answers).toHaveLength(1);
  });

  test.each([
    ["a broken question", Buffer.concat([queryBytes("a").subarray(0, 14)]), "FORMERR"],
    ["a status request", queryBytes("a", "A", { flags: 2 << 11 }), "NOTIMP"],
  ])("says of %s what is wrong with it", async (_, query, rcode) => {
    const { port } = await server();
    expect(readReply(await askUdp(port, query))).toMatchObject({ id: 4711, rcode, questions: [] });
  });

  test("says nothing to a response and to half a header, and goes on", async () => {
    const { port, timeline } = await server();
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    const heard: Buffer[] = [];
    socket.on("message", (bytes) => heard.push(bytes));
    socket.send(responseTo(queryBytes("left.lab.internal"), {}), port, "127.0.0.1");
    socket.send(Buffer.from("0001", "hex"), port, "127.0.0.1");
    socket.send(queryBytes("left.lab.internal"), port, "127.0.0.1");
    await expect.poll(() => heard.length).toBe(1);
    expect(timeline.facts("dns.silent")).toHaveLength(1);
    expect(timeline.facts("dns.malformed")).toHaveLength(1);
  });

  test("records a client's flood only in part and answers it whole", async () => {
    const { port, timeline } = await server();
    const flood = Array.from({ length: 120 }, () => frame(queryBytes("left.lab.internal")));
    expect(await askTcp(port, flood, 120)).toHaveLength(120);
    expect(timeline.facts("dns.answered").length).toBeLessThan(120);
    expect(timeline.facts("dns.silent")).toMatchObject([{ reason: /only answered/ }]);
  });

  test("gives a TCP client few connections, and ends idle ones", async () => {
    const { port } = await server({ tcp: { maxConnectionsPerClient: 2, idleMs: 100 } });
    const sockets = [1, 2, 3].map(() => connect(port, "127.0.0.1").on("error", () => {}));
    await Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
    const [reply] = await askTcp(port, [frame(queryBytes("left.lab.internal"))], 1);
    expect(readReply(reply).answers).toHaveLength(1);
  });

  test("follows the site when that changes", async () => {
    const { port, dns } = await server();
    dns.setSite({ ...site, domain: "elsewhere.internal" });
    expect(readReply(await askUdp(port, queryBytes("left.lab.internal"))).rcode).toBe("REFUSED");
    expect(readReply(await askUdp(port, queryBytes("left.elsewhere.internal"))).answers).toHaveLength(1);
  });

  test("says who holds its port", async () => {
    const { port } = await server();
    const deps = { timeline: new Timeline<DnsFacts>(), signal: new AbortController().signal };
    await expect(startDns({ address: "127.0.0.1", port, site, held: () => [] }, deps)).rejects.toMatchObject({
      code: "LISTEN_FAILED",
      where: "dns",
    });
  });
});

describe("what the DNS server asks others", () => {
  test("comes back with the client's id, its spelling and the time that is left, without authority", async () => {
    const forwarders = await upstream((query) => [responseTo(query, { answers: manyAddresses.slice(0, 2) })]);
    const { port, timeline } = await server({ forwarders, forwarding });
    const ask = async (id: number) => readReply(await askUdp(port, queryBytes("MANY.example", "A", { id })));
    expect(await ask(1)).toMatchObject({
      id: 1,
      rcode: "NOERROR",
      flag_aa: false,
      flag_ra: true,
      questions: [{ name: "MANY.example" }],
      answers: [{ data: "192.0.2.0", ttl: 60 }, { data: "192.0.2.1" }],
    });
    expect(await ask(2)).toMatchObject({ id: 2, answers: [{ data: "192.0.2.0" }, {}] });
    expect(timeline.facts("dns.answered").map(({ by }) => by)).toEqual(["forwarder", "cache"]);
  });

  test("is cut for who cannot take it, whole for who can, and whole over TCP", async () => {
    const forwarders = await upstream((query) => [responseTo(query, { answers: manyAddresses })]);
    const { port } = await server({ forwarders, forwarding });
    const plain = await askUdp(port, queryBytes("many.example"));
    expect(plain.length).toBeLessThanOrEqual(512);
    expect(readReply(plain)).toMatchObject({ flag_tc: true, answers: [] });
    const large = await askUdp(port, queryBytes("many.example", "A", { edns: { size: 9000 } }));
    expect(large.length).toBeLessThanOrEqual(1232);
    expect(readReply(large)).toMatchObject({
      flag_tc: true,
      additionals: [{ type: "OPT", udpPayloadSize: 1232 }],
    });
    const [whole] = await askTcp(port, [frame(queryBytes("many.example"))], 1);
    expect(readReply(whole)).toMatchObject({ flag_tc: false });
    expect(readReply(whole).answers).toHaveLength(60);
  });

  test("is asked over TCP when the answer over UDP is cut", async () => {
    const forwarders = await upstream((query, transport) => [
      transport === "udp"
        ? responseTo(query, { flags: 0x200 })
        : responseTo(query, { answers: manyAddresses }),
    ]);
    const { port } = await server({ forwarders, forwarding });
    const [whole] = await askTcp(port, [frame(queryBytes("many.example"))], 1);
    expect(readReply(whole).answers).toHaveLength(60);
  });

  test("is not believed when it answers another question or with another id", async () => {
    const forged = [{ type: "A" as const, name: "many.example", ttl: 60, data: "203.0.113.66" }];
    const forwarders = await upstream((query) => [
      responseTo(query, { answers: forged, id: (query[0] ?? 0) ^ 1 }),
      responseTo(query, { answers: forged, questions: [{ name: "other.example", type: "A" }] }),
      Buffer.from("nonsense"),
      responseTo(query, { answers: manyAddresses.slice(0, 1) }),
    ]);
    const { port } = await server({ forwarders, forwarding });
    const reply = readReply(await askUdp(port, queryBytes("many.example")));
    expect(reply.answers).toMatchObject([{ data: "192.0.2.0" }]);
  });

  test("ends in SERVFAIL and a reason when nobody answers", async () => {
    const forwarders = await upstream(() => []);
    const { port, timeline } = await server({ forwarders, forwarding: { timeoutMs: 50, rounds: 1 } });
    expect(readReply(await askUdp(port, queryBytes("many.example")))).toMatchObject({ rcode: "SERVFAIL" });
    expect(timeline.facts("dns.forwarder-failed")).toMatchObject([{ reason: "no answer within 50 ms" }]);
  });

  test("is dropped when the server stops, and no socket stays", async () => {
    const forwarders = await upstream(() => []);
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "UDPWrap").length;
    await expect.poll(sockets).toBe(1); // the forwarder's: those of other tests are gone
    const { port, dns } = await server({ forwarders, forwarding });
    const socket = createSocket("udp4");
    socket.send(queryBytes("many.example"), port, "127.0.0.1");
    await expect.poll(sockets).toBe(4); // and the server's, the client's, and the one that asks
    await dns[Symbol.asyncDispose]();
    socket.close();
    await expect.poll(sockets).toBe(1);
  });
});

const run = promisify(execFile);
const hasDig = await run("dig", ["-v"]).then(
  () => true,
  () => false,
);

// `dig` is in Debian's package bind9-dnsutils.
describe.skipIf(!hasDig)("dig", () => {
  const dig = async (port: number, ...words: string[]) =>
    (await run("dig", ["@127.0.0.1", "-p", String(port), "+tries=1", "+time=3", ...words])).stdout;

  test.each([
    [
      ["left.lab.internal"],
      /status: NOERROR.*flags: qr aa rd;.*left\.lab\.internal\.\s+60\s+IN\s+A\s+127\.0\.0\.10/s,
    ],
    [["+tcp", "left.lab.internal"], /status: NOERROR.*127\.0\.0\.10/s],
    [["+noedns", "left.lab.internal"], /ADDITIONAL: 0.*127\.0\.0\.10/s],
    [
      ["left.lab.internal", "AAAA"],
      /status: NOERROR.*ANSWER: 0.*SOA\s+dryboot\.lab\.internal\. hostmaster\.lab\.internal\./s,
    ],
    [["nobody.lab.internal"], /status: NXDOMAIN.*SOA/s],
    [["-x", "127.0.0.10"], /status: NOERROR.*PTR\s+left\.lab\.internal\./s],
    [["+edns=1", "+noednsnegotiation", "left.lab.internal"], /status: BADVERS/],
    [["example.org"], /status: REFUSED/],
    [["lab.internal", "AXFR"], /Transfer failed/],
    [["+opcode=notify", "lab.internal"], /status: NOTIMP/],
  ])("%j", async (words, expected) => {
    const { port } = await server();
    const shown = await dig(port, ...words);
    expect(shown).toMatch(expected);
    expect(shown).not.toMatch(/malformed|extra bytes|parser/i);
  });
});
