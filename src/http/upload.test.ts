import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import type { HttpFacts } from "./facts.ts";
import type { HttpAnswer, HttpConfig } from "./server.ts";
import { startHttp } from "./server.ts";
import type { Upload } from "./upload.ts";

const nothing: HttpAnswer = { status: 404, text: "nothing here\n" };
const refusal: HttpAnswer = { status: 403, text: "not from you\n", reason: "a stranger" };

async function serve(upload: NonNullable<HttpConfig["upload"]>) {
  const timeline = new Timeline<HttpFacts>();
  const server = await startHttp(
    { address: "127.0.0.1", port: 0, answer: () => nothing, upload },
    { timeline, signal: AbortSignal.timeout(20_000) },
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { timeline, port: server.port, url: `http://127.0.0.1:${server.port}` };
}

/** Counts what comes. */
function counting(mostBytes: number) {
  const seen = { bytes: 0, problem: undefined as unknown };
  const upload: Upload = {
    mostBytes,
    async take(body) {
      try {
        for await (const chunk of body) seen.bytes += chunk.length;
      } catch (error) {
        seen.problem = error;
        throw error;
      }
      return { status: 201, text: `${seen.bytes} bytes\n` };
    },
  };
  return { seen, upload };
}

describe("an upload", () => {
  test.each(["PUT", "POST"])(
    "by %s is read piece by piece, and answered when it is whole",
    async (method) => {
      const { seen, upload } = counting(2 ** 20);
      const { url } = await serve(({ path }) => (path === "take" ? upload : undefined));
      const sent = await fetch(`${url}/take`, { method, body: Buffer.alloc(2 ** 20, 1) });
      expect([sent.status, await sent.text(), seen.bytes]).toEqual([201, `${2 ** 20} bytes\n`, 2 ** 20]);
      expect((await fetch(`${url}/other`, { method, body: "x" })).status).toBe(405);
    },
  );

  test("that nobody wants is refused without being taken, and its sender hears why", async () => {
    const { url, timeline } = await serve(() => refusal);
    const sent = await fetch(url, { method: "POST", body: Buffer.alloc(300_000) });
    expect([sent.status, await sent.text()]).toEqual([403, "not from you\n"]);
    await expect
      .poll(() => timeline.facts("http.sent"))
      .toMatchObject([{ status: 403, reason: "a stranger" }]);
  });

  test.each([
    ["said to be too long", { "content-length": "1001" }],
    ["too long without saying so", { "transfer-encoding": "chunked" }],
  ])("%s ends with 413, and the connection with it", async (_, header) => {
    const { seen, upload } = counting(1000);
    const { port } = await serve(() => upload);
    const socket = connect(port, "127.0.0.1");
    const [[name, value]] = Object.entries(header) as [[string, string]];
    const body = "x".repeat(1001);
    const framed = name === "content-length" ? body : `3e9\r\n${body}\r\n0\r\n\r\n`;
    socket.write(`PUT /a HTTP/1.1\r\nHost: x\r\n${name}: ${value}\r\n\r\n${framed}`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 (.|\r|\n)*Connection: close/i);
    expect(seen.problem).toMatchObject({ code: "BODY_TOO_LONG" });
  });

  test("whose client leaves fails for who takes it, and is a fact", async () => {
    const { seen, upload } = counting(1000);
    const { port, timeline } = await serve(() => upload);
    const socket = connect(port, "127.0.0.1");
    socket.write("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nsome");
    await expect.poll(() => seen.bytes).toBe(4);
    socket.destroy();
    await once(socket, "close");
    await expect.poll(() => timeline.facts("http.failed")).toMatchObject([{ path: "a" }]);
    expect(seen.problem).toMatchObject({ code: "ECONNRESET" });
  });

  test("that fails on our side is answered 500", async () => {
    const take = () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" }));
    const { url, timeline } = await serve(() => ({ mostBytes: 10, take }));
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(500);
    await expect.poll(() => timeline.facts("http.failed")).toMatchObject([{ reason: "no space left" }]);
  });
});
