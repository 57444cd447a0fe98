import { expect, test } from "vitest";
import { hex, udpFrame } from "./capture.fixture.ts";
import { bytesWorthKeeping } from "./worth-keeping.ts";

/** A TCP segment that carries this much. */
function tcp(source: number, destination: number, length: number): Uint8Array {
  const frame = udpFrame(["10.69.0.1", source], ["10.69.0.10", destination], new Uint8Array(length));
  frame[23] = 6;
  return frame;
}
const data = (port: number) =>
  udpFrame(["10.69.0.1", port], ["10.69.0.10", 2070], Uint8Array.of(0, 3, ...new Uint8Array(500)));

test.each<[string, Uint8Array, number | "whole"]>([
  ["a DHCP message", udpFrame(["0.0.0.0", 68], ["255.255.255.255", 67], new Uint8Array(548)), "whole"],
  ["a syslog line that looks like TFTP data", data(514), "whole"],
  ["a block of a file over TFTP", data(40_000), 160],
  ["a TFTP error", udpFrame(["10.69.0.1", 4000], ["10.69.0.10", 2070], Uint8Array.of(0, 5, 0, 1)), "whole"],
  ["what is asked over HTTP", tcp(2070, 80, 400), "whole"],
  ["what is answered over HTTP", tcp(80, 2070, 1400), 160],
  ["a router advertisement", hex(`333300000001 52540069000a 86dd ${"00".repeat(200)}`), "whole"],
  ["half a header", hex("52540069000a 52540069000a 0800 45"), "whole"],
])("of %s is kept %s", (_, frame, expected) =>
  expect(bytesWorthKeeping(frame)).toBe(expected === "whole" ? frame.length : expected),
);
