import * as z from "zod";
import { knownVariables } from "../boot/variables.ts";
import { siteSchema } from "./schema.ts";

/** The manual of the site file, `docs/site.md`: read from the schema, so that it cannot say anything else. */
export function siteReference(): string {
  return [introduction, ...sections(siteSchema, "The site"), variables(), fitTogether].join("\n\n");
}

const introduction = `# The site file

<!-- Written by docs/site-reference.ts from src/site/schema.ts and its sections: change it there. -->

One file describes one netboot network: its addresses, what can be booted, and which machine boots what.
It is TypeScript, \`export default defineSite({ ... })\`, or the same object as YAML or JSON.
A command that takes a SITE takes the name of a folder in \`lab/\`, or the path of a folder or of such a file; a folder holds
its site as \`site.ts\`, \`site.yaml\`, \`site.yml\` or \`site.json\`, the first that is there. \`dryboot site schema\` prints its JSON
Schema, for editors; \`dryboot site show SITE\` a site with all defaults filled in. Examples: [lab/](../lab/README.md).

Nothing is read loosely: an unknown key or a wrong value is refused, with its place and what was expected there, all of
them at once.
Durations are written \`90s\`, \`12h\` or \`7d\`, sizes \`512M\` or \`1G\`.`;

/** What src/site/check.ts looks at; the schema sees one field at a time and cannot say it. */
const fitTogether = `## What has to fit together

- \`network.server\`, \`network.router\`, \`dhcp.range\` and every machine's \`ip\` are addresses a machine can have in \`network.subnet\`.
- No machine has the server's or the router's address, and \`dhcp.range\` does not hold the server's.
- No two machines share a \`name\`, \`mac\`, \`ip\` or \`uuid\`.
- No \`dns.forwarders\` are the server itself, and where there is a \`domain\` no machine is called like it (\`dns.name\`).
- \`https.cert\` and \`https.key\` come together.
- Every image that is named is in \`images\`, and every group in \`groups\`; no group uses itself.
- Two rules that can fit one client, neither of them more specific, do not disagree about a setting.
- No rule about \`serial\`, \`manufacturer\`, \`product\`, \`asset\` or \`address\` sets \`loader\` or \`dialect\`: DHCP answers before those are known.
- Every \`{var.NAME}\` in a command line is set for each machine that is given the line.
- What a \`menu\` names (images, choices, its default) is there, and no two of its entries share a \`name\`, none of one page a \`key\`.

[Which setting counts](rules.md) when several places give one.
`;

/** What src/boot/variables.ts knows. */
function variables(): string {
  const rows = Object.entries(knownVariables).map(([name, { says }]) => [code(`{${name}}`), says].map(cell));
  return [
    "## Variables",
    "Kernel command lines may hold these. Any other name in braces is refused; `{{` and `}}` are braces that mean themselves.",
    markdownTable([["variable", "what stands there"], ...rows]),
  ].join("\n\n");
}

type Shape = z.ZodObject<z.ZodRawShape>;

/** One section per object, in the order in which the keys stand; an object's parts follow it. */
export function sections(schema: z.ZodType, title: string, path = "", about = ""): string[] {
  const object = bare(schema);
  if (object instanceof z.ZodDiscriminatedUnion && object.options.length > 1) {
    const kinds = (object.options as readonly Shape[]).map((option) => {
      const which = option.shape[object.def.discriminator];
      const names = which === undefined ? "" : wordsFor(which as z.ZodType);
      return sections(option, `${title} with ${object.def.discriminator} ${names}`, path, describe(option));
    });
    return [`## ${title}`, ...(about === "" ? [] : [about]), ...kinds.flat()];
  }
  if (object instanceof z.ZodDiscriminatedUnion)
    return sections(object.options[0] as Shape, title, path, about);
  if (!(object instanceof z.ZodObject))
    throw new TypeError(`${title} is no object: it has no keys to describe`);
  const rows = [["key", "value", "without it", "what it is"]];
  const parts: string[] = [];
  for (const [key, field] of Object.entries((object as Shape).shape)) {
    const type = field as z.ZodType;
    const part = partOf(type, path === "" ? key : `${path}.${key}`);
    const value = part ? `${part.says} [below](#${anchor(part.title)})` : wordsFor(type);
    rows.push([code(key), value, fallback(type), describe(type)].map(cell));
    if (part) parts.push(...sections(part.schema, part.title, part.path, part.about));
  }
  return [`## ${title}`, ...(about === "" ? [] : [about]), markdownTable(rows), ...parts];
}

/** The object inside a field, where there is one: it gets a section of its own. */
function partOf(
  type: z.ZodType,
  path: string,
): { schema: z.ZodType; path: string; title: string; says: string; about: string } | undefined {
  const inner = bare(type);
  const titled = (schema: z.ZodType, at: string, says: string) => {
    const { whole, short } = shortOf(schema);
    const inside = bare(whole);
    if (!(inside instanceof z.ZodObject || inside instanceof z.ZodDiscriminatedUnion)) return undefined;
    const ways = short ? `${says.replace(/ as$/, "")} ${wordsFor(short)}, or as` : says;
    return { schema: whole, path: at, title: code(at), says: ways, about: describe(schema) };
  };
  if (inner instanceof z.ZodArray) return titled(inner.element as z.ZodType, `${path}[]`, "a list, each as");
  if (inner instanceof z.ZodRecord)
    return titled(inner.valueType as z.ZodType, `${path}.NAME`, "by name, each as");
  return titled(type, path, "as");
}

/** An object that a text may say in short, and that text. */
function shortOf(schema: z.ZodType): { whole: z.ZodType; short?: z.ZodType } {
  const union = bare(schema);
  if (!(union instanceof z.ZodUnion) || union instanceof z.ZodDiscriminatedUnion) return { whole: schema };
  const options = union.options as readonly z.ZodType[];
  const whole = options.find((option) => bare(option) instanceof z.ZodObject);
  const short = options.find((option) => option !== whole);
  return whole && short ? { whole, short } : { whole: schema };
}

/** What may stand there, in the words in which a wrong value is refused. */
function wordsFor(type: z.ZodType): string {
  const inner = bare(type);
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => code(option)).join(", ");
  if (inner instanceof z.ZodLiteral) return [...inner.values].map((value) => code(value)).join(", ");
  if (inner instanceof z.ZodArray) return `a list, each ${wordsFor(inner.element as z.ZodType)}`;
  if (inner instanceof z.ZodTuple) {
    const items = inner.def.items as readonly z.ZodType[];
    return `a list of ${items.length}, each ${[...new Set(items.map(wordsFor))].join("; then ")}`;
  }
  if (inner instanceof z.ZodUnion) {
    const [one, ...others] = inner.options.map((option) => wordsFor(option as z.ZodType));
    return [one, ...others.map((words) => (words === `a list, each ${one}` ? "a list of such" : words))].join(
      "; or ",
    );
  }
  if (inner instanceof z.ZodRecord) return `by name, each ${wordsFor(inner.valueType as z.ZodType)}`;
  if (inner instanceof z.ZodBoolean) return "`true` or `false`";
  if (inner instanceof z.ZodNumber) return `a number from ${inner.minValue} to ${inner.maxValue}`;
  if (inner instanceof z.ZodString) return expected(inner) ?? "text";
  throw new TypeError(`the reference has no words for a ${inner.def.type}: give it some here`);
}

/** The schema keeps a text's meaning in a function: a text that means nothing anywhere brings its sentence out. */
function expected(text: z.ZodString): string | undefined {
  const message = text.safeParse("\u0000").error?.issues[0]?.message;
  // What follows ", and" is about the text just tried.
  return /^expected ([^"]+?)(?:, and ".*)?$/s.exec(message ?? "")?.[1];
}

function fallback(type: z.ZodType): string {
  const parsed = type.safeParse(undefined);
  if (!parsed.success) return "**required**";
  const { data } = parsed;
  if (data === undefined || (typeof data === "object" && Object.keys(data ?? {}).length === 0)) return "–";
  // An object that fills itself in is described where its keys are.
  return Array.isArray(data) || typeof data !== "object" ? code(JSON.stringify(data)) : "its defaults";
}

/** A field without its default and without its being optional. */
function bare(type: z.ZodType): z.ZodType {
  if (type instanceof z.ZodPipe) return bare(type.in as z.ZodType); // as it is written, not as it is read
  const wrapped =
    type instanceof z.ZodDefault || type instanceof z.ZodPrefault || type instanceof z.ZodOptional;
  return wrapped ? bare(type.unwrap() as z.ZodType) : type;
}

function describe(type: z.ZodType): string {
  return type.description ?? bare(type).description ?? "";
}

function code(value: unknown): string {
  return `\`${String(value)}\``;
}

/** As Markdown renderers make it of a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

/** A bar in a cell would end it, and a new line the row. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
}

/** Padded as Biome formats a table: what is written here is what `npm run format` leaves alone. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const [header = "", ...lines] = rows.map(
    (row) => `| ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [header, rule, ...lines].join("\n");
}
