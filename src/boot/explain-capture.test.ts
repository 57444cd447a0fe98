import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import { edk2PxeDiscover, ipxeRomDiscover, udhcpcDiscover } from "../dhcp/captured-messages.ts";
import { decodeMessage, encodeMessage } from "../dhcp/message.ts";
import { pcapFile, udpFrame } from "../wire/capture.fixture.ts";
import { node1, world } from "./explain.fixture.ts";
import { explainCapture } from "./explain-capture.ts";

const asks = (message: Uint8Array) => udpFrame(["0.0.0.0", 68], ["255.255.255.255", 67], message);
const request = decodeMessage(edk2PxeDiscover);
const foreignOffer = encodeMessage({
  ...request,
  op: "BOOTREPLY",
  yiaddr: "192.168.1.77",
  options: { messageType: "DHCPOFFER", serverIdentifier: "192.168.1.1" },
});
const offers = udpFrame(["192.168.1.1", 67], ["255.255.255.255", 68], foreignOffer);

describe("a capture replayed", () => {
  test("explains each request, beside what was really answered", () => {
    const file = pcapFile([asks(edk2PxeDiscover), offers, asks(udhcpcDiscover)]);
    const { packets, problems } = explainCapture(file, world());
    expect(problems).toEqual([]);
    expect(packets).toMatchObject([
      {
        timeMs: 1000,
        from: "0.0.0.0:68",
        mac: node1,
        answered: [{ from: "192.168.1.1:67", reply: { header: { yiaddr: "192.168.1.77" } } }],
        steps: [
          {
            request: { lengthBytes: edk2PxeDiscover.length },
            answer: { reply: { messageType: "DHCPOFFER" } },
          },
          { step: "loader", file: "snponly.efi" },
        ],
      },
      { timeMs: 3000, answered: [], steps: [{ step: "dhcp" }, { step: "end" }] },
    ]);
  });

  test("remembers leases from one request to the next", () => {
    const stranger = Uint8Array.from(udhcpcDiscover).fill(0x77, 28, 34);
    const { packets } = explainCapture(pcapFile([asks(stranger), asks(stranger)]), world());
    const reasons = packets.map(
      ({ steps: [step] }) => step?.step === "dhcp" && "reason" in step.answer && step.answer.reason,
    );
    expect(reasons).toEqual([
      expect.stringContaining("nobody had it yet"),
      expect.stringContaining("offered to it"),
    ]);
  });

  test("answers what was sent to port 4011 as the boot server does", () => {
    const request = { ...decodeMessage(edk2PxeDiscover), ciaddr: "10.69.0.77" };
    const asking = encodeMessage({ ...request, options: { ...request.options, messageType: "DHCPREQUEST" } });
    const file = pcapFile([udpFrame(["10.69.0.77", 4011], ["10.69.0.1", 4011], asking)]);
    expect(explainCapture(file, world({}, { mode: "proxy" })).packets).toMatchObject([
      { steps: [{ answer: { to: "10.69.0.77:4011" } }, { step: "loader", file: "snponly.efi" }] },
    ]);
    expect(explainCapture(file, world()).packets).toMatchObject([
      { steps: [{ answer: { silent: "10.69.0.0/24 is served without a proxy" } }] },
    ]);
  });

  test("can be of one client only", () => {
    const file = pcapFile([asks(edk2PxeDiscover), asks(ipxeRomDiscover)]);
    expect(explainCapture(file, world(), "52:54:00:69:00:ff").packets).toEqual([]);
    expect(explainCapture(file, world(), node1).packets).toHaveLength(2);
  });

  test("says what of it was no use", () => {
    const cut = asks(edk2PxeDiscover).subarray(0, 300);
    const noise = udpFrame(["10.0.0.1", 68], ["10.0.0.2", 67], new Uint8Array(20));
    const file = pcapFile([cut, cut, noise, asks(ipxeRomDiscover)]);
    const { packets, problems } = explainCapture(file.subarray(0, -5), world());
    expect(packets).toEqual([]);
    expect(problems).toEqual([
      "the capture kept only a part of a packet (2 times)",
      expect.stringMatching(/^a packet is no DHCP message: op: /),
      expect.stringMatching(/^the capture ends in the middle: frame: /),
    ]);
  });

  test("is refused when it is no capture", () => {
    expect(() => explainCapture(new Uint8Array(100), world())).toThrow(DecodeError);
  });

  test("survives every packet", () => {
    const frames = [
      ...mutants([edk2PxeDiscover, ipxeRomDiscover, udhcpcDiscover], 3000, { mostlyFrom: 240 }),
    ].map(asks);
    const { packets, problems } = explainCapture(pcapFile(frames), world());
    expect(packets).toHaveLength(500);
    expect(problems.length).toBeLessThanOrEqual(20);
  });
});
