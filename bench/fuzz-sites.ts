import * as z from "zod";
import { mulberry32 } from "../src/core/mutants.fixture.ts";
import { siteSchema } from "../src/site/schema.ts";

type Random = (below: number) => number;
/** As much of a JSON Schema as values are made from. */
type Node = Readonly<{
  type?: string;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Node[];
  oneOf?: readonly Node[];
  properties?: Readonly<Record<string, Node>>;
  required?: readonly string[];
  additionalProperties?: Node | boolean;
  items?: Node | boolean;
  prefixItems?: readonly Node[];
  minItems?: number;
}>;

/** What people write into these keys, right and nearly right. */
const likely: Readonly<Record<string, readonly string[]>> = {
  mac: ["52:54:00:69:00:0a", "52-54-00-69-00-0B", "52:54:00:69:00:0c", "52:54:00"],
  ip: ["10.69.0.10", "10.69.0.11", "10.69.0.1", "10.69.0.0", "10.69.1.9", "010.69.0.9"],
  subnet: ["10.69.0.0/24", "10.70.0.0/30", "10.69.0.0/8", "10.69.0.5/24", "0.0.0.0/0", "10.69.0.0/33"],
  server: ["10.69.0.1", "10.69.0.254", "10.69.0.255", "::1"],
  router: ["10.69.0.1", "10.69.0.254", "10.71.0.1"],
  address: ["10.69.0.10", "10.69.0.0/24", "10.69.0.100-10.69.0.200"],
  range: ["10.69.0.100", "10.69.0.200", "10.70.0.1", "10.69.0.1"],
  uuid: ["4C4C4544-0051-3610-8052-b4c04f4e3232", "00000000-0000-0000-0000-000000000000", "4c4c"],
  recipe: ["rescue", "debian-installer", "alpine"],
  url: ["http://10.69.0.2/", "https://x/y?z", "ftp://x", "http://"],
  domain: ["netsoc.internal", "a.b", "-a", "a..b"],
};
/** Anywhere else: names, times, sizes, lines of words, and what means harm. */
const strings = [
  ...["a", "b", "shoe", "node1", "rescue", "netsoc", "a.b", "A", "x".repeat(70), "-", "1", ""],
  ...["90s", "12h", "0s", "-1s", "1e9h", "999999999999d", "512M", "0", "1G", "99999999T"],
  ...[
    "quiet console=ttyS0",
    "{name} {mac} {var.a}",
    "{{x}}",
    "{",
    "$\u007bnet0/mac}",
    'a"b',
    "x".repeat(3000),
  ],
  ...["constructor", "__proto__", "toString", "../x", "/etc/passwd", "a\nb", "\u202eexe", "\ud800", "größe"],
  ...["10.69.0.9", "52:54:00:69:00:0d", "ttyS0", "undionly.kpxe", "5s", "*.efi", "^a(", "(a+)+$"],
];
const odd: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 2 ** 31, 1e308, "", [], {}, [[]], [null], { a: { a: {} } }],
];

/** Site files made after the site's own schema: most fit it, and in many something is odd. The same ones every time. */
export function* fuzzSites(count: number): Generator<Uint8Array> {
  const random = mulberry32(20261121);
  const schema = z.toJSONSchema(siteSchema, { io: "input", unrepresentable: "any" }) as Node;
  for (let made = 0; made < count; made += 1) {
    const parts = Object.entries(schema.properties ?? {});
    const site: Record<string, unknown> = { name: "netsoc" };
    for (let changes = 1 + random(3); changes > 0; changes -= 1) {
      const [key, part] = pick(parts, random);
      site[key] = valueFor(part, key, random);
    }
    yield Buffer.from(JSON.stringify(site));
  }
}

function valueFor(node: Node, key: string, random: Random): unknown {
  if (random(60) === 0) return pick(odd, random);
  if (node.enum) return pick(node.enum, random);
  if ("const" in node) return node.const;
  const choices = node.anyOf ?? node.oneOf;
  if (choices) return valueFor(pick(choices, random), key, random);
  switch (node.type) {
    case "object":
      return objectOf(node, random);
    case "array":
      return arrayOf(node, key, random);
    case "boolean":
      return random(2) === 0;
    case "integer":
    case "number":
      return pick([0, 1, 2, 60, 1500, 65_535, -1, 2 ** 40], random);
    default:
      return pick(random(4) > 0 ? (likely[key] ?? strings) : strings, random);
  }
}

function objectOf({ properties = {}, required = [], additionalProperties }: Node, random: Random): object {
  const made: [string, unknown][] = [];
  for (const [key, part] of Object.entries(properties)) {
    const isWanted = required.includes(key) ? random(40) > 0 : random(4) === 0;
    if (isWanted) made.push([key, valueFor(part, key, random)]);
  }
  if (typeof additionalProperties === "object") {
    for (let more = random(3); more > 0; more -= 1) {
      const key = pick(strings, random);
      made.push([key, valueFor(additionalProperties, key, random)]);
    }
  }
  if (random(60) === 0) made.push([pick(strings, random), pick(odd, random)]);
  return Object.fromEntries(made); // which makes `__proto__` a key like any other, as JSON.parse does
}

function arrayOf({ prefixItems, items, minItems = 0 }: Node, key: string, random: Random): unknown[] {
  if (prefixItems) return prefixItems.map((item) => valueFor(item, key, random));
  if (typeof items !== "object") return [];
  return Array.from({ length: minItems + random(3) }, () => valueFor(items, key, random));
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[random(from.length)] as T;
}
