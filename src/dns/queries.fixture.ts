/** Queries and replies for tests, made and read by `dns-packet` from end to end: not by what is tested. */
import type { DecodedPacket, Packet, RecordType } from "dns-packet";
import { decode, encode, RECURSION_DESIRED } from "dns-packet";

export type Asked = Readonly<{
  id?: number;
  class?: "IN" | "CH";
  flags?: number;
  edns?: Readonly<{ size?: number; version?: number; dnssecOk?: boolean }>;
}>;

export function queryBytes(name: string, type: RecordType | "UNKNOWN_199" = "A", asked: Asked = {}): Buffer {
  const { id = 4711, flags = RECURSION_DESIRED, edns } = asked;
  const opt = {
    type: "OPT" as const,
    name: ".",
    udpPayloadSize: edns?.size ?? 1232,
    extendedRcode: 0,
    ednsVersion: edns?.version ?? 0,
    flags: edns?.dnssecOk ? 0x8000 : 0,
    flag_do: edns?.dnssecOk ?? false,
    options: [],
  };
  return encode({
    type: "query",
    id,
    flags,
    questions: [{ name, type: type as RecordType, class: asked.class ?? "IN" }],
    additionals: edns === undefined ? [] : [opt],
  });
}

/** `rcode` is there at run time, and not in the package's types. */
export type Reply = DecodedPacket & { rcode: string };

export function readReply(bytes: Uint8Array | undefined): Reply {
  if (bytes === undefined) throw new Error("there was no reply");
  return decode(Buffer.from(bytes)) as Reply;
}

/** What a forwarder sends back for a query. */
export function responseTo(query: Uint8Array, sections: Packet & { rcode?: number; id?: number }): Buffer {
  const asked = decode(Buffer.from(query));
  const { rcode = 0, flags = 0, ...rest } = sections;
  return encode({
    type: "response",
    id: asked.id,
    questions: asked.questions,
    ...rest,
    flags: flags | rcode,
  });
}
