import { ByteWriter } from "../wire/bytes.ts";
import type { Codec } from "../wire/codec.ts";
import { writeField } from "./option-fields.ts";
import type { DhcpOptions } from "./options.ts";
import { options } from "./options.ts";

type Row = Readonly<{ code: number; codec: Codec<unknown> }>;
const rows: readonly [string, Row][] = Object.entries(options);

/** Some ROMs look for these two only where every server has always put them: at the front. */
const first = ["messageType", "serverIdentifier"];
/** RFC 3046 §2.1: the relay finds its own option at the end. */
const last = ["relayAgentInformation"];

const inOrder = [
  ...rows.filter(([name]) => first.includes(name)).sort(([a], [b]) => first.indexOf(a) - first.indexOf(b)),
  ...rows.filter(([name]) => !first.includes(name) && !last.includes(name)),
  ...rows.filter(([name]) => last.includes(name)),
];

/** By name: a reply has a dozen options, and the table ten times as many. */
const placed = new Map(inOrder.map(([name, row], place) => [name, { ...row, place }]));

/** The options field of a message, with its end mark. Option 52 is never sent: many ROMs cannot read it. */
export function encodeOptions(values: DhcpOptions): Uint8Array {
  const writer = new ByteWriter();
  const present = (Object.keys(values) as (keyof DhcpOptions)[]).flatMap((name) => {
    const row = name === "optionOverload" ? undefined : placed.get(name);
    const value = values[name];
    return row && value !== undefined ? [{ ...row, value }] : [];
  });
  for (const { code, codec, value } of present.sort((a, b) => a.place - b.place)) {
    writeField(writer, code, codec.encode(value));
  }
  return writer.u8(255).finish();
}
