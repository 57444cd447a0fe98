import { describe, expect, test } from "vitest";
import { DecodeError, DrybootError, formatError, isAbort } from "./errors.ts";

const busy = new DrybootError("cannot listen on udp 192.0.2.1:67", {
  code: "LISTEN_FAILED",
  where: "network",
  hint: "stop the other server",
  cause: new Error("bind EADDRINUSE 192.0.2.1:67\n    at somewhere"),
});

describe("an error a person sees", () => {
  test("says what, where and what next", () => {
    expect(formatError(busy)).toBe(
      [
        "error: cannot listen on udp 192.0.2.1:67 (bind EADDRINUSE 192.0.2.1:67)",
        "  where: network",
        "  next:  stop the other server  [LISTEN_FAILED]",
      ].join("\n"),
    );
  });

  test("shows its evidence line by line", () => {
    const error = new DrybootError("node1 is silent", {
      code: "BOOT_FAILED",
      where: "phase dhcp",
      hint: "look at the server",
      evidence: ["1.02 s DHCPDISCOVER", "2.07 s DHCPDISCOVER"],
    });
    expect(formatError(error)).toContain("  saw:   1.02 s DHCPDISCOVER\n         2.07 s DHCPDISCOVER\n");
  });

  test("a bug shows its stack and says whose fault it is", () => {
    expect(formatError(new TypeError("x is not a function"))).toMatch(
      /^bug: TypeError: x is .*\n[\s\S]*\[BUG\]$/,
    );
  });

  test("when cleaning up fails as well, the first failure comes first", () => {
    const both = new SuppressedError(new Error("socket stuck"), busy);
    expect(formatError(both)).toMatch(/^error: cannot listen[\s\S]*then, while cleaning up: socket stuck$/);
  });
});

test("a decode error names the field and the byte", () => {
  expect(new DecodeError("hlen", 2, "is 255").message).toBe("hlen: is 255 (at byte 2)");
});

test("an aborted signal's error is told from others", () => {
  const controller = new AbortController();
  controller.abort();
  expect(isAbort(controller.signal.reason)).toBe(true);
  expect(isAbort(new Error("no"))).toBe(false);
});
