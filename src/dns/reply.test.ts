import { describe, expect, test } from "vitest";
import { decodeForwarded } from "./forwarded-answer.ts";
import { decodeQuery } from "./message.ts";
import type { Asked } from "./queries.fixture.ts";
import { queryBytes, readReply, responseTo } from "./queries.fixture.ts";
import type { Answer, ZoneRecord } from "./reply.ts";
import { encodeAnswer, encodeForwarded } from "./reply.ts";

const udp = { transport: "udp", recursionAvailable: true } as const;
const empty: Answer = { rcode: "NOERROR", authoritative: true, answers: [], authorities: [] };
const asked = (name: string, how: Asked = {}) => decodeQuery(queryBytes(name, "A", how));

describe("a reply", () => {
  test.each<[Answer["rcode"], Asked]>([
    ["REFUSED", {}],
    ["REFUSED", { edns: { size: 4096, dnssecOk: true } }],
    ["SERVFAIL", { edns: {} }],
    ["BADVERS", { edns: { version: 9 } }],
  ])("%s to %j is not longer than its question: nothing to gain for who forges senders", (rcode, how) => {
    const query = queryBytes("left.lab.internal", "A", how);
    const reply = encodeAnswer(decodeQuery(query), { ...empty, rcode, authoritative: false }, udp);
    expect(reply.length).toBeLessThanOrEqual(query.length);
  });

  test("has the result code's upper bits in OPT", () => {
    const reply = readReply(encodeAnswer(asked("a", { edns: {} }), { ...empty, rcode: "BADVERS" }, udp));
    expect(reply).toMatchObject({ rcode: "NOERROR", additionals: [{ type: "OPT", extendedRcode: 1 }] });
  });

  test("repeats RD and CD, which are the client's", () => {
    const flagsOf = (flags: number) => readReply(encodeAnswer(asked("a", { flags }), empty, udp));
    expect(flagsOf(0x0110)).toMatchObject({ flag_rd: true, flag_cd: true });
    expect(flagsOf(0)).toMatchObject({ flag_rd: false, flag_cd: false });
  });

  test.each([
    [undefined, 512],
    [1, 512],
    [100, 512],
    [800, 800],
    [65_535, 1232],
  ])("to a client that takes %s bytes has at most %i, and says when more was cut off", (size, most) => {
    const query = asked("many.lab.internal", size === undefined ? {} : { edns: { size } });
    const record = (last: number): ZoneRecord => ({
      name: "many.lab.internal",
      type: "A",
      ttlSeconds: 60,
      data: `10.69.0.${last}`,
    });
    let whole = 0;
    for (let count = 0; count < 60; count += 1) {
      const answers = Array.from({ length: count }, (_, last) => record(last));
      const bytes = encodeAnswer(query, { ...empty, answers }, udp);
      expect(bytes.length).toBeLessThanOrEqual(most);
      const reply = readReply(bytes);
      if (!reply.flag_tc) whole = bytes.length;
      expect(reply.answers).toHaveLength(reply.flag_tc ? 0 : count);
    }
    expect(whole).toBeGreaterThan(most - 35); // one record less than would have been too much
  });

  test("passes on records nobody here knows, and compressed names, as they came", () => {
    const query = queryBytes("WwW.example", "UNKNOWN_199");
    const response = Buffer.concat([
      responseTo(queryBytes("www.example", "UNKNOWN_199"), {}),
      Buffer.from("c00c00c7000100000e10000401020304", "hex"), // a pointer to the question's name
    ]);
    response.writeUInt16BE(1, 6);
    const reply = encodeForwarded(decodeQuery(query), decodeForwarded(response), 600, udp);
    expect(readReply(reply).answers).toMatchObject([
      { name: "WwW.example", type: "UNKNOWN_199", ttl: 3000, data: Buffer.from("01020304", "hex") },
    ]);
  });

  test("leaves out a forwarder's additional section, its OPT included", () => {
    const query = queryBytes("a.example", "A");
    const glue = { type: "A" as const, name: "ns.example", ttl: 60, data: "192.0.2.53" };
    const answer = decodeForwarded(responseTo(query, { additionals: [glue] }));
    expect(readReply(encodeForwarded(decodeQuery(query), answer, 0, udp)).additionals).toEqual([]);
  });
});
