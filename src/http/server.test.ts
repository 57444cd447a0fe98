import { once } from "node:events";
import { appendFile, mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Agent, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import type { HttpFacts } from "./facts.ts";
import type { HttpRequest } from "./request.ts";
import type { HttpAnswer, HttpConfig } from "./server.ts";
import { startHttp } from "./server.ts";

const missing: HttpAnswer = { status: 404, text: "no such file\n", reason: "not in the store" };
const bytes = Buffer.from("0123456789");
const inMemory: HttpAnswer = { file: { bytes, sizeBytes: 10, sha256: "ab12" } };

async function serve(answer: HttpConfig["answer"] = () => inMemory, config: Partial<HttpConfig> = {}) {
  const timeline = new Timeline<HttpFacts>();
  const stopping = new AbortController();
  const server = await startHttp(
    { address: "127.0.0.1", port: 0, answer, ...config },
    { timeline, signal: stopping.signal },
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, timeline, stopping, port: server.port, url: `http://127.0.0.1:${server.port}` };
}

async function onDisk(content: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-http-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "initrd");
  await writeFile(path, content);
  return { path, sizeBytes: content.length };
}

/** Everything the server says to these bytes until it closes the connection. */
async function raw(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return said;
}

/** The files this process has open under a folder's path. */
async function openFiles(path: string): Promise<number> {
  const links = await Promise.all(
    (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
  );
  return links.filter((link) => link === path).length;
}

describe("the HTTP server", () => {
  test("hands a file to GET, its head to HEAD, and records both", async () => {
    const { url, timeline } = await serve();
    const got = await fetch(`${url}/boot/ipxe.efi?x=1`, { headers: { "user-agent": "UefiHttpBoot/1.0" } });
    expect(await got.text()).toBe("0123456789");
    expect(Object.fromEntries(got.headers)).toMatchObject({
      "content-type": "application/efi",
      "content-length": "10",
      etag: '"ab12"',
      connection: "keep-alive",
    });
    const head = await fetch(`${url}/boot/ipxe.efi`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "10", ""]);
    await expect
      .poll(() => timeline.facts("http.sent"))
      .toMatchObject([
        { id: 1, from: "127.0.0.1", method: "GET", path: "boot/ipxe.efi", status: 200, sizeBytes: 10 },
        { id: 2, method: "HEAD", status: 200, sizeBytes: 0 },
      ]);
    expect(timeline.facts("http.requested")[0]).toMatchObject({
      query: "x=1",
      userAgent: "UefiHttpBoot/1.0",
    });
  });

  test("whoever answers is given a clean request", async () => {
    const asked: HttpRequest[] = [];
    const { port } = await serve((request) => {
      asked.push(request);
      return { status: 200, text: "#!ipxe\n" };
    });
    const said = await raw(
      port,
      "GET //boot%2eipxe?mac=52:54:00:00:00:01&uuid= HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    expect(said).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(said).toMatch(/content-type: text\/plain; charset=utf-8\r\n.*#!ipxe\n$/is);
    expect(asked).toMatchObject([{ method: "GET", path: "boot.ipxe", address: "127.0.0.1" }]);
    expect(asked[0]?.query.get("mac")).toBe("52:54:00:00:00:01");
  });

  test("sends the part that was asked for, from disk and from memory", async () => {
    const content = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 31) >> 3));
    const file = await onDisk(content);
    const { url } = await serve(() => ({ file }));
    for (let time = 1; time <= 3; time += 1) {
      const part = await fetch(url, { headers: { range: "bytes=1000-600000" } });
      expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 1000-600000/700000"]);
      expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(1000, 600_001))).toBe(true);
      const tail = await fetch(url, { headers: { range: "bytes=-5" } });
      expect(Buffer.from(await tail.arrayBuffer()).equals(content.subarray(-5))).toBe(true);
    }
    expect((await fetch(url, { headers: { range: "bytes=700000-" } })).status).toBe(416);
    await expect.poll(() => openFiles(file.path)).toBe(0);
  });

  test("dates a file by the file system where nobody else does", async () => {
    const file = await onDisk(bytes);
    const { url } = await serve(() => ({ file }));
    const { headers } = await fetch(url);
    const lastModified = headers.get("last-modified") ?? "";
    expect(Math.abs(Date.parse(lastModified) - Date.now())).toBeLessThan(10_000);
    expect((await fetch(url, { headers: { "if-modified-since": lastModified } })).status).toBe(304);
  });

  test("a missing file is answered, with the reason in the facts only", async () => {
    const { url, timeline } = await serve(() => missing);
    const response = await fetch(`${url}/nothing`);
    expect([response.status, await response.text()]).toEqual([404, "no such file\n"]);
    await expect
      .poll(() => timeline.facts("http.sent"))
      .toMatchObject([{ status: 404, reason: "not in the store" }]);
  });

  test.each([
    [
      "another method",
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
      /^HTTP\/1.1 405 .*allow: GET, HEAD\r\n/is,
    ],
    ["a path outside the root", "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", /^HTTP\/1.1 400 /],
    ["a NUL in the path", "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n", /^HTTP\/1.1 400 /],
    ["what is not HTTP", "\u0016\u0003\u0001 hello\r\n\r\n", /^HTTP\/1.1 400 .*Content-Length: 0\r\n/is],
    ["no host", "GET / HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400 /],
    [
      "a header without end",
      `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 /,
    ],
    [
      "two lengths",
      "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      /^HTTP\/1.1 400 /,
    ],
  ])("%s is refused and the connection closed", async (_, text, answer) => {
    const { port } = await serve();
    expect(await raw(port, text)).toMatch(answer);
  });

  test("doubled slashes are no reason to redirect", async () => {
    const { url } = await serve();
    expect((await fetch(`${url}//a//b`, { redirect: "manual" })).status).toBe(200);
  });

  test("a request that dribbles in is cut off", async () => {
    const { port, timeline } = await serve(undefined, { requestTimeoutMs: 100 });
    expect(await raw(port, "GET / HTTP/1.1\r\nHost:")).toMatch(/^HTTP\/1.1 408 /);
    expect(timeline.facts("http.refused")).toMatchObject([{ problem: "ERR_HTTP_REQUEST_TIMEOUT" }]);
  });

  test("more connections than allowed are closed unheard", async () => {
    const { port, url } = await serve(undefined, { maxConnections: 1 });
    const holder = connect(port, "127.0.0.1");
    onTestFinished(() => void holder.destroy());
    await once(holder, "connect");
    await expect(fetch(url)).rejects.toThrow();
  });

  test("an answer that cannot be made is 500 to the client and a reason to us", async () => {
    const { url, timeline } = await serve(({ path }) => {
      if (path === "bug") throw new TypeError("x is not a function");
      return { file: { path: "/nonexistent/initrd", sizeBytes: 5 } };
    });
    expect((await fetch(`${url}/bug`)).status).toBe(500);
    expect((await fetch(`${url}/initrd`)).status).toBe(500);
    await expect
      .poll(() => timeline.facts("http.failed").map((fact) => fact.reason))
      .toEqual([
        expect.stringMatching(/^TypeError: x is not a function\n.*server\.test\.ts/s),
        expect.stringMatching(/^ENOENT/),
      ]);
  });

  test("a file that changed since it was promised is 500", async () => {
    const file = await onDisk(bytes);
    const { url, timeline } = await serve(() => ({ file }));
    await appendFile(file.path, "more");
    expect((await fetch(url)).status).toBe(500);
    await expect.poll(() => timeline.facts("http.failed")[0]?.reason).toMatch(/14 bytes, not the 10/);
    expect(await openFiles(file.path)).toBe(0);
  });

  test("a client that leaves midway ends its response only, and no file stays open", async () => {
    const file = await onDisk(Buffer.alloc(40 * 2 ** 20));
    const { url, port, timeline } = await serve(({ path }) => (path === "big" ? { file } : inMemory), {
      hotBytes: 0,
    });
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "readable");
    expect(await openFiles(file.path)).toBe(1);
    socket.destroy();
    await expect
      .poll(() => timeline.facts("http.failed")[0]?.reason)
      .toMatch(/^the client left after \d+ of 41943040 bytes$/);
    await expect.poll(() => openFiles(file.path)).toBe(0);
    expect(await (await fetch(url)).text()).toBe("0123456789");
  });

  test("a client that leaves before the answer is known does no harm", async () => {
    const file = await onDisk(bytes);
    const answered = Promise.withResolvers<HttpAnswer>();
    const { port, timeline } = await serve(() => answered.promise);
    const socket = connect(port, "127.0.0.1");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => timeline.facts("http.requested")).toHaveLength(1);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    answered.resolve({ file });
    await expect
      .poll(() => timeline.facts("http.failed")[0]?.reason)
      .toBe("the client left after 0 of 10 bytes");
  });

  test("reports progress of a slow download at most four times a second", async () => {
    const file = await onDisk(Buffer.alloc(24 * 2 ** 20));
    const { url, timeline } = await serve(() => ({ file }));
    const response = await fetch(url);
    let received = 0;
    for await (const chunk of response.body ?? expect.unreachable()) {
      received += chunk.length;
      if (received % 2 ** 20 < chunk.length) await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await expect.poll(() => timeline.facts("http.sent")).toHaveLength(1);
    const progress = timeline.facts("http.progress");
    expect(progress.length).toBeGreaterThan(0);
    expect(progress.length).toBeLessThanOrEqual((timeline.facts("http.sent")[0]?.durationMs ?? 0) / 250);
    expect(progress[0]).toMatchObject({ sizeBytes: 24 * 2 ** 20 });
  });

  test("many clients at once each get the whole file", async () => {
    const content = Buffer.from(Uint8Array.from({ length: 1_000_003 }, (_, i) => (i * 31) >> 3));
    const file = await onDisk(content);
    const { url } = await serve(() => ({ file }));
    const copies = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(url)).arrayBuffer()),
    );
    expect(copies.every((copy) => content.equals(Buffer.from(copy)))).toBe(true);
  });

  test("answers several requests on one connection", async () => {
    const { port } = await serve();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number>();
    for (let i = 0; i < 3; i += 1) {
      const request = httpRequest({ port, host: "127.0.0.1", agent }).end();
      const [response]: IncomingMessage[] = await once(request, "response");
      if (response === undefined) expect.unreachable();
      ports.add(response.socket.localPort ?? 0);
      response.resume();
      await once(response, "end");
    }
    expect(ports.size).toBe(1);
  });

  test("stops within a second though connections are open and a download stands still", async () => {
    const file = await onDisk(Buffer.alloc(40 * 2 ** 20));
    const { server, port, stopping, timeline } = await serve(() => ({ file }));
    const idle = connect(port, "127.0.0.1");
    const stalled = connect(port, "127.0.0.1");
    for (const socket of [idle, stalled]) socket.on("error", () => {});
    stalled.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(stalled, "readable");
    const begin = performance.now();
    stopping.abort();
    await server[Symbol.asyncDispose]();
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(await openFiles(file.path)).toBe(0);
    expect(timeline.facts("http.failed")).toHaveLength(1);
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  test("a port in use is an error a person can mend", async () => {
    const { port } = await serve();
    await expect(serve(undefined, { port })).rejects.toMatchObject({
      name: "DrybootError",
      code: "LISTEN_FAILED",
    });
  });
});
