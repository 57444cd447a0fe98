import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { hex } from "./captured-messages.ts";
import { classlessRoutes } from "./classless-routes.ts";
import { domainNames } from "./domain-names.ts";
import { decodeIpxe, encodeIpxe } from "./ipxe-options.ts";
import { decodePxe, discovery, encodePxe } from "./pxe-options.ts";
import { userClasses } from "./user-classes.ts";

describe("user classes (77)", () => {
  test.each([
    ["iPXE's bare name", "69505845", ["iPXE"]],
    ["instances as RFC 3004 wants them", "04 69505845 07 647279626f6f74", ["iPXE", "dryboot"]],
    ["bare text that ends with a NUL", "69505845 00", ["iPXE"]],
    ["a prefix that does not add up", "05 69505845", undefined], // 0x05 is then a control character
  ])("%s", (_, bytes, expected) => {
    if (expected) expect(userClasses.decode(hex(bytes), "x")).toEqual(expected);
    else expect(() => userClasses.decode(hex(bytes), "x")).toThrow(DecodeError);
  });

  test("are written as instances", () =>
    expect(userClasses.encode(["ab", "c"])).toEqual(hex("02 6162 01 63")));
});

describe("domain names (119)", () => {
  const lab = "03 6c6162 08 696e7465726e616c 00"; // lab.internal
  test("are read with pointers and written without", () => {
    const names = ["lab.internal", "pxe.lab.internal"];
    expect(domainNames.decode(hex(`${lab} 03 707865 c000`), "x")).toEqual(names);
    expect(domainNames.encode(names)).toEqual(hex(`${lab} 03 707865 ${lab}`));
  });

  test.each([
    ["a pointer to itself", "c000"],
    ["a pointer forward", "c002 0161 00"],
    ["a circle", "01 61 c000"],
    ["no end", "03 6c6162"],
    ["a reserved label type", "80 00"],
  ])("%s is refused", (_, bytes) => expect(() => domainNames.decode(hex(bytes), "x")).toThrow(DecodeError));
});

describe("classless routes (121)", () => {
  test("hold only the significant bytes of a network", () => {
    const routes = [
      { network: "10.229.0.128", prefixLength: 25, router: "10.229.0.1" }, // RFC 3442's own examples
      { network: "0.0.0.0", prefixLength: 0, router: "10.17.0.1" },
    ];
    const bytes = hex("19 0ae50080 0ae50001  00 0a110001");
    expect(classlessRoutes.encode(routes)).toEqual(bytes);
    expect(classlessRoutes.decode(bytes, "x")).toEqual(routes);
    expect(() => classlessRoutes.decode(hex("21 0a0b0c0d 0a0b0c01"), "x")).toThrow("prefix of 33 bits");
  });
});

describe("what iPXE encapsulates (175)", () => {
  test("says version and features; a feature of version 0 is absent", () => {
    const ipxe = decodeIpxe(hex("b1 05 011af41000 eb 03 010000 13 01 01 27 01 01 14 01 00"));
    expect(ipxe?.version).toBe("1.0.0");
    expect([...(ipxe?.features ?? [])]).toEqual([19, 39]);
    expect(ipxe?.options.busId).toEqual(hex("01 1af41000"));
  });

  test("is no iPXE when it is no list of sub-options", () => {
    expect(decodeIpxe(hex("45 7468 65"))).toBeUndefined();
  });

  test("skips the proxy wait by sub-option 176 inside it", () =>
    expect(encodeIpxe({ noPxedhcp: true })).toEqual(hex("b0 01 01")));
});

describe("what PXE encapsulates (43)", () => {
  test("reads and ends what it writes", () => {
    const bytes = encodePxe({ discoveryControl: discovery.justBootTheFile, bootItem: [0, 0] });
    expect(bytes).toEqual(hex("06 01 08 47 04 00000000 ff"));
    expect(decodePxe(bytes).known).toEqual({ discoveryControl: 8, bootItem: [0, 0] });
  });
});
