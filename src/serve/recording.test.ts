import { describe, expect, test } from "vitest";
import { hex, udpFrame } from "../wire/capture.fixture.ts";
import { heardIn } from "./recording.ts";

const everybody = { replies: false };
const mac = "52:54:00:69:00:0a";

const rrq = (name: string) =>
  udpFrame(
    ["10.69.0.10", 2070],
    ["10.69.0.1", 69],
    Uint8Array.from(Buffer.from(`\0\u0001${name}\0octet\0`, "latin1")),
  );

/** `chaddr` is not the sender's MAC: it came by a relay. */
const discover = hex(
  `01 01 06 00 12345678 0000 8000 ${"00".repeat(16)} 0242ac110002 ${"00".repeat(202)} 63825363 350101 3c03 505845 ff`,
);

describe("what is recorded", () => {
  test("is told in a few words, with whose it is", () => {
    expect(heardIn(rrq("snponly.efi"), everybody)).toEqual({ mac, says: "TFTP RRQ snponly.efi" });
    expect(heardIn(udpFrame(["0.0.0.0", 68], ["255.255.255.255", 67], discover), everybody)).toEqual({
      mac: "02:42:ac:11:00:02",
      says: "DHCPDISCOVER to port 67, PXE",
    });
  });

  test("is one machine's, also behind a relay", () => {
    const relayed = udpFrame(["10.70.0.1", 67], ["10.69.0.1", 67], discover);
    expect(heardIn(relayed, { ...everybody, mac: "02:42:ac:11:00:02" })).toBeDefined();
    expect(heardIn(relayed, { ...everybody, mac })).toBeUndefined();
    expect(heardIn(rrq("a"), { ...everybody, mac: "02:42:ac:11:00:02" })).toBeUndefined();
  });

  test("holds what is damaged: it may be the clue", () => {
    const frame = udpFrame(["0.0.0.0", 68], ["255.255.255.255", 67], hex("01 01 06"));
    expect(heardIn(frame, everybody)).toEqual({
      mac,
      says: expect.stringMatching(/^no DHCP message to port 67/),
    });
  });

  test("shows names from the network without what would act on the terminal", () => {
    const says = heardIn(rrq("\x1b[2Jx"), everybody)?.says;
    expect(says).toBe("TFTP RRQ ?[2Jx");
  });

  test("is nothing else", () => {
    const reply = udpFrame(["10.69.0.1", 67], ["255.255.255.255", 68], discover.with(0, 2));
    expect(heardIn(reply, everybody)).toBeUndefined();
    expect(heardIn(reply, { replies: true })).toBeDefined();
    expect(
      heardIn(udpFrame(["10.69.0.10", 68], ["10.69.0.1", 53], discover), { replies: true }),
    ).toBeUndefined();
  });
});
