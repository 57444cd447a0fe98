import * as z from "zod";
import { parseMac } from "../wire/mac.ts";
import { checkSite } from "./check.ts";
import type { Mistake } from "./mistake.ts";
import type { SiteFile } from "./schema.ts";
import { siteSchema } from "./schema.ts";
import { mistakesOf } from "./schema-mistakes.ts";
import { address, label, mac } from "./sections/meanings.ts";

/** A list that maps machines to configurations: who they are, and the name of what each boots. */
const listSchema = z.strictObject({
  netboot: z.strictObject({
    server: address,
    targets: z.array(z.strictObject({ name: label, mac, ip: address.optional(), config: label })),
  }),
});

/** The site of such a list, or all that is wrong with it, in the list's own places. */
export function importedSite(
  value: unknown,
): Readonly<{ site: SiteFile } | { mistakes: readonly Mistake[] }> {
  const parsed = listSchema.safeParse(value);
  if (!parsed.success) {
    const mistakes = mistakesOf(parsed.error.issues, value, listSchema);
    return { mistakes: [...mistakes, ...twice(value)] };
  }
  const site = siteOf(parsed.data.netboot);
  const mistakes = checkSite(siteSchema.parse(site)).map(({ path, says }) => ({
    path: placeOf(path),
    says: says.replaceAll("`machines[", "`netboot.targets["),
  }));
  return mistakes.length > 0 ? { mistakes } : { site };
}

/** Each configuration becomes an image of its name. A list says no subnet: 254 machines are what such a list holds. */
function siteOf({ server, targets }: z.infer<typeof listSchema>["netboot"]): SiteFile {
  const configs = [...new Set(targets.map(({ config }) => config))];
  return {
    name: "imported",
    network: { subnet: `${server.split(".").slice(0, 3).join(".")}.0/24`, server },
    // Whoever keeps such a list serves these machines and nobody else.
    dhcp: { mode: targets.every(({ ip }) => ip !== undefined) ? "reservations" : "server" },
    images: Object.fromEntries(configs.map((name) => [name, { recipe: "rescue" as const }])),
    machines: targets.map(({ name, mac: text, ip, config }) => ({
      name,
      mac: parseMac(text) ?? text,
      ...(ip === undefined ? {} : { ip }),
      image: config,
    })),
  };
}

/** `machines[3].mac` of the site is `netboot.targets[3].mac` of the list. */
function placeOf(path: readonly PropertyKey[]): readonly PropertyKey[] {
  const [first, ...rest] = path;
  if (first === "machines") return ["netboot", "targets", ...rest];
  return first === "network" ? ["netboot", "server"] : ["netboot"];
}

/** What stands twice, in a list that is wrong in other ways too. */
function twice(value: unknown): Mistake[] {
  const targets = z.object({ netboot: z.object({ targets: z.array(z.unknown()) }) }).safeParse(value).data
    ?.netboot.targets;
  const owners = new Map<string, number>();
  return (targets ?? []).flatMap((target, index): Mistake[] => {
    const written = z.object({ mac: z.string() }).safeParse(target).data?.mac;
    const canonical = parseMac(written ?? "");
    if (canonical === undefined) return [];
    const owner = owners.get(canonical);
    owners.set(canonical, owner ?? index);
    const path = ["netboot", "targets", index, "mac"];
    return owner === undefined
      ? []
      : [{ path, says: `is ${canonical}, and so is \`netboot.targets[${owner}].mac\`` }];
  });
}
