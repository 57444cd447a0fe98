import * as z from "zod";
import { fillTemplate } from "../../boot/template.ts";
import { anyVariables } from "../../boot/variables.ts";
import { parseDuration, parseSize } from "../../core/units.ts";
import { parseIpv4, parseSubnet } from "../../wire/ipv4.ts";
import { parseMac } from "../../wire/mac.ts";

/** Text with a meaning: `expected` completes "expected ..." when it has none. */
export const meaning = (expected: string, holds: (text: string) => boolean) =>
  z.string().refine(holds, { error: `expected ${expected}` });

export const label = meaning("a name of lower-case letters, digits and inner hyphens, at most 63", (text) =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text),
);
export const domainName = meaning("a domain name such as lab.internal", (text) =>
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text),
);
export const address = meaning("an IPv4 address such as 10.69.0.1", (text) => parseIpv4(text) !== undefined);
export const subnet = meaning("a network such as 10.69.0.0/24, between /8 and /30", (text) => {
  const { prefixLength = 0 } = parseSubnet(text) ?? {};
  return prefixLength >= 8 && prefixLength <= 30; // a /31 has room for nobody, and EDK2 refuses its mask
});
export const mac = meaning("a MAC address such as 52:54:00:69:00:0a", (text) => parseMac(text) !== undefined);
export const uuid = meaning("a UUID such as 5f3c0a1e-0000-4000-8000-52540069000a", (text) =>
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
);
export const memory = meaning("a size between 64M and 1024G, such as 512M", (text) => {
  const bytes = parseSize(text) ?? 0;
  return bytes >= 64 * 2 ** 20 && bytes <= 2 ** 40;
});
export const diskSize = meaning("a size between 1M and 16384G, such as 2G", (text) => {
  const bytes = parseSize(text) ?? 0;
  return bytes >= 2 ** 20 && bytes <= 2 ** 44;
});
/** Its longest fits a timer of Node's, and option 51 (32 bits of seconds) by far. */
export const duration = (shortestMs: number, expected: string) =>
  meaning(expected, (text) => {
    const ms = parseDuration(text) ?? 0;
    return ms >= shortestMs && ms <= 24 * 86_400_000;
  });
export const loaderFile = meaning(
  "a file name such as snponly.efi, folders allowed",
  // 60 bytes leave room in the 128-byte `file` field for the address of an HTTP boot.
  (text) => /^(?=.{1,60}$)[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/.test(text),
);
/** One, or a list of at least one. */
export const oneOrMore = <Value extends z.ZodType>(value: Value) =>
  z.union([value, z.array(value).min(1)], { error: `expected ${expectation(value)}, or a list of such` });

/** An object, or the text that says it in short. What comes out is always the object. */
export const orShort = <Short extends z.ZodString, Whole extends z.ZodObject>(
  short: Short,
  whole: Whole,
  expand: (text: string) => z.output<Whole>,
) =>
  z
    .union([short, whole], { error: `expected ${expectation(short)}, or an object` })
    .transform((given) => (typeof given === "string" ? expand(given) : given) as z.output<Whole>);

function expectation(value: z.ZodType): string {
  const message = value.safeParse("\u0000").error?.issues[0]?.message ?? "";
  if (value instanceof z.ZodEnum) return value.options.map((option) => `\`${option}\``).join(", ");
  return message.replace(/^expected /, "");
}

/** A text with variables in braces, but none of the site's own. */
export const template = z.string().max(512);

/** A template; whether the site has the texts and choices it names is seen when the site is whole. */
export const commandLine = z.string().check((context) => {
  for (const { in: word, says, hint } of fillTemplate(context.value, anyVariables).problems) {
    const message = `expected words that iPXE can pass on, and ${JSON.stringify(word)} ${says}`;
    context.issues.push({ code: "custom", input: context.value, message, params: { hint } });
  }
});

export const choiceName = meaning("a name such as flavor or boot-console", (given) =>
  /^[a-z][a-z0-9-]{0,31}$/.test(given),
);
