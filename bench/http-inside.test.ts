import { describe, expect, test } from "vitest";
import { readWrk } from "./http-inside.ts";

describe("what wrk says", () => {
  test("is requests and bytes per second", () => {
    const report = "Requests/sec:  10232.05\nTransfer/sec:     12.50MB\n";
    expect(readWrk(report)).toEqual({ requests: 10232.05, bytes: 12.5 * 2 ** 20, errors: 0 });
  });

  test("counts what failed, on sockets and by status", () => {
    const report =
      "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\nRequests/sec: 1.00\nTransfer/sec: 7.00B\n";
    expect(readWrk(report)).toEqual({ requests: 1, bytes: 7, errors: 15 });
  });
});
