import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { request as tlsRequest } from "node:https";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../core/child.ts";
import { Timeline } from "../core/timeline.ts";
import type { HttpFacts } from "./facts.ts";
import { issueFor, makeAuthority } from "./lab-ca.ts";
import type { HttpConfig } from "./server.ts";
import { startHttp } from "./server.ts";

const hello: HttpConfig["answer"] = () => ({ status: 200, text: "hello\n" });

async function serve(config: Partial<HttpConfig>) {
  const timeline = new Timeline<HttpFacts>();
  const signal = new AbortController().signal;
  const deps = { timeline, signal };
  const server = await startHttp({ address: "127.0.0.1", port: 0, answer: hello, ...config }, deps);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, timeline, url: `http://127.0.0.1:${server.port}` };
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** A file of nothing but zeros that takes no room on the disk. */
async function longFile(sizeBytes: number) {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-http-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "initrd");
  const file = await open(path, "w");
  await file.truncate(sizeBytes);
  await file.close();
  return { path, sizeBytes };
}

const ss = await run("ss", ["-V"]).catch(() => undefined);

test.skipIf(ss === undefined)(
  "a room full of machines may wait to be accepted (skipped without ss)",
  async () => {
    const { server } = await serve({});
    const [, , room] = (await run("ss", ["-ltnH", `sport = :${server.port}`])).split(/\s+/);
    const mostAllowed = Number(await readFile("/proc/sys/net/core/somaxconn", "utf8"));
    expect(Number(room)).toBe(Math.min(4096, mostAllowed));
  },
);

describe("one client's connections", () => {
  test("are limited, and one that ends makes room for the next", async () => {
    const { server, timeline, url } = await serve({ maxConnectionsPerClient: 2 });
    const first = await client(server.port);
    await client(server.port);
    const third = await client(server.port);
    await once(third, "close");
    expect(timeline.facts("http.refused")).toMatchObject([
      { from: "127.0.0.1", problem: "it has 2 connections already" },
    ]);
    first.destroy();
    await expect.poll(() => fetch(url).then(({ status }) => status, String)).toBe(200);
  });

  test("of all clients are limited too, and that is a fact", async () => {
    const { server, timeline } = await serve({ maxConnections: 1 });
    await client(server.port);
    const second = await client(server.port);
    await once(second, "close");
    expect(timeline.facts("http.refused")).toMatchObject([{ problem: "there are 1 connections already" }]);
  });
});

describe("200 clients that stop reading", () => {
  test("hold no more memory than the budget, and hold up nobody", async () => {
    const file = await longFile(64 * 2 ** 20);
    const streamBytes = 8 * 2 ** 20;
    const { server, timeline, url } = await serve({
      answer: () => ({ file }),
      maxConnectionsPerClient: 300,
      hotBytes: 0,
      streamBytes,
    });
    const before = process.memoryUsage().arrayBuffers;
    const slow = await Promise.all(Array.from({ length: 200 }, () => client(server.port)));
    for (const socket of slow) socket.pause().write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => timeline.facts("http.requested").length, { timeout: 20_000 }).toBe(200);
    const held = process.memoryUsage().arrayBuffers - before;
    // Without the budget 100 MiB; the clients, in this process too, have buffers of their own.
    expect(held).toBeLessThan(200 * 160 * 1024);
    expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(file.sizeBytes);
  }, 60_000);
});

describe("HTTPS", () => {
  const names = ["boot.lab.internal"];

  async function ask(port: number, ca: string, servername = ""): Promise<[IncomingMessage, string]> {
    const asking = tlsRequest({ host: "127.0.0.1", port, ca, servername, agent: false }).end();
    const [response]: IncomingMessage[] = await once(asking, "response");
    if (response === undefined) expect.unreachable();
    return [response, (await response.toArray()).join("")];
  }

  test("stands beside HTTP with a certificate of the lab's own authority, for address and name", async () => {
    const authority = await makeAuthority("dryboot test");
    const identity = await issueFor(authority, { addresses: ["127.0.0.1"], names });
    const { server, timeline, url } = await serve({ tls: { ...identity, port: 0 } });
    const [response, text] = await ask(server.tlsPort ?? 0, authority.cert);
    expect([response.statusCode, text]).toEqual([200, "hello\n"]);
    expect((await ask(server.tlsPort ?? 0, authority.cert, names[0]))[1]).toBe("hello\n");
    expect(await (await fetch(url)).text()).toBe("hello\n");
    expect(timeline.facts("http.requested").map(({ id, tls }) => [id, tls])).toEqual([
      [1, true],
      [2, true],
      [3, undefined],
    ]);
  });

  test("a renewed certificate is shown from the next connection on", async () => {
    const authorities = await Promise.all([makeAuthority("before"), makeAuthority("after")]);
    const [before, after] = await Promise.all(
      authorities.map((authority) => issueFor(authority, { addresses: ["127.0.0.1"], names })),
    );
    if (!before || !after) expect.unreachable();
    const { server } = await serve({ tls: { ...before, port: 0 } });
    const port = server.tlsPort ?? 0;
    const trusting = authorities.map(({ cert }) => cert);
    expect((await ask(port, trusting[0] ?? ""))[1]).toBe("hello\n");
    server.setIdentity(after);
    expect((await ask(port, trusting[1] ?? ""))[1]).toBe("hello\n");
    await expect(ask(port, trusting[0] ?? "")).rejects.toThrow(/certificate/);
  });

  test("whoever trusts another authority refuses it", async () => {
    const identity = await issueFor(await makeAuthority("ours"), { addresses: ["127.0.0.1"], names });
    const { cert: stranger } = await makeAuthority("another");
    const { server } = await serve({ tls: { ...identity, port: 0 } });
    await expect(ask(server.tlsPort ?? 0, stranger)).rejects.toThrow(/certificate/);
  });

  test("what is no TLS is refused in words", async () => {
    const identity = await issueFor(await makeAuthority("ours"), { addresses: ["127.0.0.1"], names });
    const { server, timeline } = await serve({ tls: { ...identity, port: 0 } });
    const socket = await client(server.tlsPort ?? 0);
    socket.resume().write("GET / HTTP/1.1\r\n\r\n");
    await once(socket, "close");
    expect(timeline.facts("http.refused")).toMatchObject([
      { from: "127.0.0.1", problem: expect.stringMatching(/^no TLS: /) },
    ]);
  });
});
