import { describe, expect, test } from "vitest";
import { AnswerCache } from "./cache.ts";
import { decodeForwarded } from "./forwarded-answer.ts";
import { queryBytes, responseTo } from "./queries.fixture.ts";

const answer = (ttl: number, name = "a.example") =>
  decodeForwarded(responseTo(queryBytes(name), { answers: [{ type: "A", name, ttl, data: "192.0.2.1" }] }));

const missing = (minimum: number) => {
  const data = { mname: "ns.example", rname: "admin.example", minimum };
  const authorities = [{ type: "SOA" as const, name: "example", ttl: 86_400, data }];
  return decodeForwarded(responseTo(queryBytes("a.example"), { authorities, rcode: 3 }));
};

describe("the cache", () => {
  test("gives an answer its age, and nothing at the end of its life", () => {
    const cache = new AnswerCache();
    cache.store("a", answer(10), 0);
    expect(cache.find("a", 9999)).toMatchObject({ ageSeconds: 9 });
    expect(cache.find("a", 10_000)).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  test("keeps nothing that lives 0 seconds", () => {
    const cache = new AnswerCache();
    cache.store("a", answer(0), 0);
    expect(cache.size).toBe(0);
  });

  test("keeps an answer for an hour at most, and its absence for a minute", () => {
    const cache = new AnswerCache();
    cache.store("a", answer(86_400), 0);
    cache.store("b", missing(86_400), 0);
    expect(cache.find("a", 3_599_000)).toBeDefined();
    expect(cache.find("a", 3_600_000)).toBeUndefined();
    expect(cache.find("b", 59_000)).toBeDefined();
    expect(cache.find("b", 60_000)).toBeUndefined();
  });

  test("stays within its bytes, however many names are asked for, and what is used stays longest", () => {
    const cache = new AnswerCache(64 * 1024);
    cache.store("used", answer(3000), 0);
    for (let index = 0; index < 5000; index += 1) {
      cache.store(`${index}`, answer(3000), 0);
      cache.find("used", 1);
    }
    expect(cache.size).toBeGreaterThan(50);
    expect(cache.size).toBeLessThan(128);
    expect(cache.find("used", 1)).toBeDefined();
    expect(cache.find("0", 1)).toBeUndefined();
    expect(cache.find("4999", 1)).toBeDefined();
  });

  test("does not count twice what is stored twice", () => {
    const cache = new AnswerCache(64 * 1024);
    cache.store("first", answer(3000), 0);
    for (let index = 0; index < 5000; index += 1) cache.store("again", answer(3000), 0);
    expect(cache.find("first", 1)).toBeDefined();
  });
});
