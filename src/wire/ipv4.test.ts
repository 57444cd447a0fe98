import { describe, expect, test } from "vitest";
import {
  broadcastOf,
  formatIpv4,
  formatSubnet,
  isHostOf,
  isInSubnet,
  parseIpv4,
  parseSubnet,
  subnetMaskOf,
} from "./ipv4.ts";

const subnet = (text: string) => {
  const parsed = parseSubnet(text);
  if (!parsed) throw new Error(`${text} is no subnet`);
  return parsed;
};

describe("IPv4 addresses", () => {
  test.each([
    ["0.0.0.0", 0],
    ["10.69.0.1", 0x0a450001],
    ["255.255.255.255", 0xffff_ffff],
  ])("%s is %d and back", (text, value) => {
    expect(parseIpv4(text)).toBe(value);
    expect(formatIpv4(value)).toBe(text);
  });

  test.each(["", "10.69.0", "10.69.0.256", "10.69.0.01", "10.69.0.1 ", "1e1.0.0.0", "10.69.0.1.2", "::1"])(
    "%j is none",
    (text) => expect(parseIpv4(text)).toBeUndefined(),
  );
});

describe("subnets", () => {
  test.each([
    ["10.69.0.0/24", "255.255.255.0", "10.69.0.255"],
    ["10.69.0.64/26", "255.255.255.192", "10.69.0.127"],
    ["0.0.0.0/0", "0.0.0.0", "255.255.255.255"],
    ["10.0.0.1/32", "255.255.255.255", "10.0.0.1"],
  ])("%s has mask %s and broadcast %s", (text, mask, broadcast) => {
    expect(subnetMaskOf(subnet(text))).toBe(mask);
    expect(broadcastOf(subnet(text))).toBe(broadcast);
    expect(formatSubnet(subnet(text))).toBe(text);
  });

  test.each(["10.69.0.1/24", "10.69.0.0/33", "10.69.0.0", "10.69.0.0/", "10.69/16"])("%s is none", (text) =>
    expect(parseSubnet(text)).toBeUndefined(),
  );

  test.each([
    ["10.69.0.0/24", "10.69.0.1", true, true],
    ["10.69.0.0/24", "10.69.0.0", true, false],
    ["10.69.0.0/24", "10.69.0.255", true, false],
    ["10.69.0.0/24", "10.69.1.1", false, false],
    ["200.0.0.0/8", "200.1.2.3", true, true], // the sign bit is a bit like others
    ["10.0.0.0/31", "10.0.0.0", true, true],
    ["10.0.0.0/24", "not an address", false, false],
  ])("in %s, %s: inside %s, a host %s", (text, address, inside, host) => {
    expect(isInSubnet(subnet(text), address)).toBe(inside);
    expect(isHostOf(subnet(text), address)).toBe(host);
  });
});
