import { describe, expect, test } from "vitest";
import { ResponseReader } from "./response-reader.ts";

const response = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello");

describe("a response that comes in pieces", () => {
  test("is the same wherever it was cut", () => {
    for (let cut = 0; cut <= response.length; cut += 1) {
      const reader = new ResponseReader("text");
      const first = reader.take(response.subarray(0, cut));
      const whole = first ?? reader.take(response.subarray(cut));
      expect(whole).toEqual({ status: 200, bodyBytes: 5, text: "hello" });
    }
  });

  test("is counted and not kept unless it is wanted", () => {
    expect(new ResponseReader("size").take(response)).toEqual({ status: 200, bodyBytes: 5, text: "" });
  });

  test.each([
    ["without a length", "HTTP/1.1 200 OK\r\n\r\n", "no response of ours"],
    ["with more than its length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", "more came"],
    ["without an end of its head", `HTTP/1.1 200 OK\r\n${"x".repeat(17_000)}`, "does not end"],
  ])("%s is an error", (_, text, problem) => {
    expect(() => new ResponseReader("size").take(Buffer.from(text))).toThrow(problem);
  });
});
