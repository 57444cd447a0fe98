import { describe, expect, test } from "vitest";
import { defaultLoaders } from "./loaders.ts";
import { clientOfScript, scriptAddress } from "./script-address.ts";

const site = {
  server: "255.255.255.255",
  http: "http://255.255.255.255:65535",
  machines: [],
  images: new Map(),
  loaders: defaultLoaders,
};
const client = { mac: "52:54:00:69:00:0a", htype: 1, architectures: [65535, 0], userClasses: [] };
const uuid = "5f3c0a1e-0000-4000-8000-525400690010";

describe("the script's address", () => {
  // facts/protocols.md §1.5: iPXE expands the file name, and trips over an unencoded `:` or `//` behind the server
  test("holds nothing that iPXE would expand or misread", () => {
    const [, rest] = scriptAddress({ ...client, uuid }, site).split("http://255.255.255.255:65535");
    expect(rest).toBe(`/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a&uuid=${uuid}&arch=65535`);
    expect(rest).not.toMatch(/:|\/\/|\$/);
  });

  test("fits the 128-byte boot file field at its longest", () => {
    expect(scriptAddress({ ...client, uuid }, site).length).toBeLessThan(128);
  });

  test("is read back into the client it was made for", () => {
    const { searchParams } = new URL(scriptAddress({ ...client, uuid }, site));
    expect(clientOfScript(searchParams)).toEqual({
      mac: client.mac,
      htype: 1,
      uuid,
      architectures: [65535],
      userClasses: ["dryboot"],
    });
  });

  test.each([
    ["mac=525400690010", "52:54:00:69:00:10", []],
    ["mac=52:54:00:69:00:1A&arch=7", "52:54:00:69:00:1a", [7]],
    ["mac=5254.0069.001a&arch=7.5&uuid=none", "52:54:00:69:00:1a", []],
  ])("may be typed by hand: %s", (query, mac, architectures) => {
    expect(clientOfScript(new URLSearchParams(query))).toMatchObject({ mac, architectures });
  });

  test.each(["", "mac=", "mac=52-54", "mac=..%2f..%2fetc", "mac=$%7bnet0/mac%7d"])(
    "names nobody: %j",
    (query) => {
      expect(clientOfScript(new URLSearchParams(query))).toBeUndefined();
    },
  );
});
