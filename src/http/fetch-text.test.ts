import { describe, expect, onTestFinished, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import type { HttpFacts } from "./facts.ts";
import { fetchText } from "./fetch-text.ts";
import type { HttpConfig } from "./server.ts";
import { startHttp } from "./server.ts";

const { signal } = new AbortController();
const limits = { timeoutMs: 5000, mostBytes: 100, signal };

async function serving(answer: HttpConfig["answer"]): Promise<string> {
  const deps = { timeline: new Timeline<HttpFacts>(), signal };
  const server = await startHttp({ address: "127.0.0.1", port: 0, answer }, deps);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return `http://127.0.0.1:${server.port}/v1`;
}

describe("fetching a short text", () => {
  test("gives status and text, whatever the status is", async () => {
    const address = await serving(() => ({ status: 404, text: "nothing here\n" }));
    expect(await fetchText(address, limits)).toEqual({ status: 404, text: "nothing here\n" });
  });

  test("ends at its size", async () => {
    const address = await serving(() => ({ status: 200, text: "x".repeat(101) }));
    await expect(fetchText(address, limits)).rejects.toThrow("longer than 100 bytes");
  });

  test("ends at its deadline, in words", async () => {
    const address = await serving(() => new Promise(() => {}));
    await expect(fetchText(address, { ...limits, timeoutMs: 50 })).rejects.toThrow("no answer within 0.05 s");
  });
});
