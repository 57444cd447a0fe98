import { describe, expect, test } from "vitest";
import { encodeSocketAddress, formatSocketAddress, linkGroup } from "./socket-address.ts";

describe("an IPv6 socket address", () => {
  test("carries a group and the interface it is meant on", () => {
    const bytes = encodeSocketAddress(linkGroup(2), 7);
    expect(bytes).toHaveLength(28);
    expect(formatSocketAddress(bytes)).toBe("ff02::2");
    expect(new DataView(bytes.buffer).getUint32(24, true) + new DataView(bytes.buffer).getUint32(24)).toBe(
      7 + 7 * 2 ** 24, // in whichever order this processor keeps it
    );
  });

  test.each([
    ["::", "00000000000000000000000000000000"],
    ["fe80::5054:ff:fe12:3456", "fe80000000000000505400fffe123456"],
    ["2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001"],
  ])("is written %s", (text, hex) => {
    expect(formatSocketAddress(encodeSocketAddress(Buffer.from(hex, "hex"), 0))).toBe(text);
  });
});
