import { encode } from "dns-packet";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import { decodeForwarded } from "./forwarded-answer.ts";
import { decodeHeader, decodeQuery } from "./message.ts";
import { queryBytes, responseTo } from "./queries.fixture.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** `dig left.lab.internal`, as dig 9.18 sends it: AD, a payload size of 1232, a cookie. */
const fromDig = hex(
  "a1b2 0120 0001 0000 0000 0001  04 6c656674 03 6c6162 08 696e7465726e616c 00  0001 0001 " +
    "00 0029 04d0 0000 0000 000c  000a 0008 0011223344556677",
);

describe("a query", () => {
  test("says who asks what, and what its sender can take", () => {
    expect(decodeQuery(fromDig)).toMatchObject({
      header: { id: 0xa1b2, recursionDesired: true, checkingDisabled: false },
      question: { name: "left.lab.internal", type: 1, class: 1 },
      edns: { udpPayloadSize: 1232, version: 0, dnssecOk: false },
    });
  });

  test("is compared in lower case and keeps its spelling for the answer", () => {
    const { question } = decodeQuery(queryBytes("LeFt.Lab.Internal"));
    expect(question.name).toBe("left.lab.internal");
    expect(Buffer.from(question.bytes).toString("latin1")).toContain("LeFt");
  });

  test("with a dot or a control character in a label is not the name it looks like", () => {
    const dotted = hex("0001 0100 0001 0000 0000 0000  08 6c6566742e6c6162 08 696e7465726e616c 00 0001 0001");
    expect(decodeQuery(dotted).question.name).toBe(String.raw`left\046lab.internal`);
    const bell = hex("0001 0100 0001 0000 0000 0000  02 0741 00 0001 0001");
    expect(decodeQuery(bell).question.name).toBe(String.raw`\007a`);
  });

  test("of the root has the name .", () => {
    expect(decodeQuery(queryBytes(".", "NS")).question.name).toBe(".");
  });

  test.each([
    ["nothing", ""],
    ["half a header", "0001 0100 0001"],
    ["no question", "0001 0100 0000 0000 0000 0000"],
    ["two questions", "0001 0100 0002 0000 0000 0000 00 0001 0001 00 0001 0001"],
    ["an answer in it", "0001 0100 0001 0001 0000 0000 00 0001 0001"],
    ["more records promised than there is room for", "0001 0100 0001 0000 0000 ffff 00 0001 0001"],
    ["a response", "0001 8100 0001 0000 0000 0000 00 0001 0001"],
    ["an update", "0001 2800 0001 0000 0000 0000 00 0006 0001"],
    ["a name that points into the header", "0001 0100 0001 0000 0000 0000 c004 0001 0001"],
    ["a name that points at itself", "0001 0100 0001 0000 0000 0000 c00c 0001 0001"],
    ["a label of 64 bytes", `0001 0100 0001 0000 0000 0000 40${"61".repeat(64)} 00 0001 0001`],
    ["a name of 256 bytes", `0001 0100 0001 0000 0000 0000 ${`3f${"61".repeat(63)}`.repeat(4)} 00 0001 0001`],
    ["a name that does not end", "0001 0100 0001 0000 0000 0000 0361"],
    ["OPT twice", `0001 0100 0001 0000 0000 0002 00 0001 0001 ${"00 0029 04d0 00000000 0000".repeat(2)}`],
    ["OPT of a name", "0001 0100 0001 0000 0000 0001 00 0001 0001 0161 00 0029 04d0 00000000 0000"],
    ["OPT cut short", "0001 0100 0001 0000 0000 0001 00 0001 0001 00 0029 04d0 00000000 0009"],
  ])("with %s is a DecodeError", (_, bytes) => {
    expect(() => decodeQuery(hex(bytes))).toThrow(DecodeError);
  });
});

describe("what a forwarder answers", () => {
  const query = queryBytes("www.example.org");

  test("lives as long as the shortest-lived of its records", () => {
    const answers = [
      { type: "CNAME" as const, name: "www.example.org", ttl: 300, data: "a.example.org" },
      { type: "A" as const, name: "a.example.org", ttl: 60, data: "192.0.2.1" },
    ];
    const decoded = decodeForwarded(responseTo(query, { answers }));
    expect(decoded).toMatchObject({ rcode: 0, ancount: 2, lifetimeSeconds: 60 });
  });

  test.each([
    ["as its SOA says", 900, 30, 30],
    ["no longer than its SOA lives", 10, 3600, 10],
  ])("that there is no such name lives %s", (_, ttl, minimum, lifetimeSeconds) => {
    const soa = { mname: "ns.example.org", rname: "admin.example.org", serial: 1, minimum };
    const authorities = [{ type: "SOA" as const, name: "example.org", ttl, data: soa }];
    expect(decodeForwarded(responseTo(query, { authorities, rcode: 3 }))).toMatchObject({
      rcode: 3,
      lifetimeSeconds,
    });
  });

  test.each([
    ["of a missing name without a SOA", 3, 0],
    ["of trouble", 2, 0],
    ["of an alias without an end", 0, 0],
  ])("%s is not kept", (_, rcode, lifetimeSeconds) => {
    const answers =
      rcode === 0
        ? [{ type: "CNAME" as const, name: "www.example.org", ttl: 300, data: "a.example.org" }]
        : [];
    expect(decodeForwarded(responseTo(query, { answers, rcode })).lifetimeSeconds).toBe(lifetimeSeconds);
  });

  test("with the highest bit of a TTL set lives not at all (RFC 2181 §8)", () => {
    const answers = [{ type: "A" as const, name: "www.example.org", ttl: 0x8000_0001, data: "192.0.2.1" }];
    expect(decodeForwarded(responseTo(query, { answers })).lifetimeSeconds).toBe(0);
  });

  test.each([
    ["a query", "0001 0100 0001 0000 0000 0000 00 0001 0001"],
    ["a record less than promised", "0001 8180 0001 0001 0000 0000 00 0001 0001"],
    ["data longer than the message", "0001 8180 0001 0001 0000 0000 00 0001 0001 00 0001 0001 00000001 ffff"],
    ["a name that points forward", "0001 8180 0001 0001 0000 0000 00 0001 0001 c0ff 0001 0001 00000001 0000"],
    [
      "a name that points at itself",
      "0001 8180 0001 0001 0000 0000 00 0001 0001 c011 0001 0001 00000001 0000",
    ],
  ])("with %s is a DecodeError", (_, bytes) => {
    expect(() => decodeForwarded(hex(bytes))).toThrow(DecodeError);
  });
});

/** Throws whatever is no DecodeError; says whether the bytes could be read. */
function survives(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}

describe("100,000 mutated packets", () => {
  const soa = { mname: "ns.example.org", rname: "admin.example.org", serial: 1, minimum: 30 };
  const response = responseTo(queryBytes("www.example.org"), {
    answers: [
      { type: "A", name: "www.example.org", ttl: 60, data: "192.0.2.1" },
      { type: "TXT", name: "www.example.org", ttl: 60, data: ["a", "b"] },
    ],
    authorities: [{ type: "SOA", name: "example.org", ttl: 30, data: soa }],
  });
  const compressed = hex(
    "0001 8180 0001 0001 0000 0001 01 61 00 0001 0001  c00c 0001 0001 0000003c 0004 c0000201  00 0029 04d0 00000000 0000",
  );
  const notify = encode({
    type: "query",
    flags: 4 << 11,
    questions: [{ name: "lab.internal", type: "SOA" }],
  });

  test.each([
    ["queries", decodeQuery, [fromDig, queryBytes("a.b", "UNKNOWN_199", { edns: { dnssecOk: true } })]],
    ["forwarded answers", decodeForwarded, [response, compressed]],
    ["headers", decodeHeader, [notify]],
  ])("of %s fail as DecodeError or not at all", (_, decode, originals) => {
    let read = 0;
    for (const bytes of mutants(originals, 100_000)) if (survives(decode, bytes)) read += 1;
    expect(read).toBeGreaterThan(1000); // otherwise only the first check was tried
    expect(read).toBeLessThan(100_001);
  });
});
