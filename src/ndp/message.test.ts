import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import {
  decodeRouterAdvertisement,
  decodeRouterSolicitation,
  encodeRouterAdvertisement,
  encodeRouterSolicitation,
} from "./message.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("a Router Solicitation", () => {
  test("names the network card of who sent it", () => {
    // As iPXE 1.0.0+ of 2019 sends it.
    const captured = hex("85 00 c55c 00000000  01 01 525400123456");
    expect(decodeRouterSolicitation(captured)).toEqual({ sourceLinkLayerAddress: "52:54:00:12:34:56" });
  });

  test("may come from a host that has no address yet", () => {
    expect(decodeRouterSolicitation(hex("85 00 7bb8 00000000"))).toEqual({});
  });

  test("keeps its link-layer address beside options nobody knows", () => {
    const bytes = hex("85 00 0000 00000000  fd 02 0000000000000000000000000000  01 01 525400123456");
    expect(decodeRouterSolicitation(bytes)).toEqual({ sourceLinkLayerAddress: "52:54:00:12:34:56" });
  });

  test("survives encoding and decoding", () => {
    const message = { sourceLinkLayerAddress: "02:00:00:00:00:01" };
    expect(decodeRouterSolicitation(encodeRouterSolicitation(message))).toEqual(message);
    expect(decodeRouterSolicitation(encodeRouterSolicitation({}))).toEqual({});
  });

  test.each([
    ["is empty", ""],
    ["is cut short", "85 00 0000 0000"],
    ["is another message", "86 00 0000 00000000"],
    ["has a code", "85 01 0000 00000000"],
    ["has an option of no length", "85 00 0000 00000000  01 00 525400123456"],
    ["has an option without a length", "85 00 0000 00000000  01"],
    ["has an option past its end", "85 00 0000 00000000  01 02 525400123456"],
  ])("that %s is a DecodeError", (_, bytes) => {
    expect(() => decodeRouterSolicitation(hex(bytes))).toThrow(DecodeError);
  });

  test("of random bytes decodes or is a DecodeError, and nothing else", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const message = Uint8Array.of(133, 0, 0, 0, ...bytes);
        try {
          decodeRouterSolicitation(message);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
    );
  });
});

describe("a Router Advertisement", () => {
  test("lays out its fields as RFC 4861 §4.2 draws them", () => {
    const message = {
      curHopLimit: 64,
      managed: true,
      otherConfig: false,
      routerLifetimeSeconds: 1800,
      reachableTimeMs: 30_000,
      retransTimerMs: 1000,
    };
    const bytes = encodeRouterAdvertisement(message);
    expect(bytes).toEqual(hex("86 00 0000 40 80 0708 00007530 000003e8"));
    expect(decodeRouterAdvertisement(bytes)).toEqual(message);
    expect(encodeRouterAdvertisement({ ...message, managed: false, otherConfig: true })[5]).toBe(0x40);
  });

  test("that is cut short is a DecodeError", () => {
    expect(() => decodeRouterAdvertisement(hex("86 00 0000 40 00 0708 00007530"))).toThrow(DecodeError);
  });
});
