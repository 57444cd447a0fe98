import { stringify } from "yaml";

export const siteFormats = ["yaml", "json", "ts"] as const;
export type SiteFormat = (typeof siteFormats)[number];

/** A site as a file. */
export function printSite(site: object, format: SiteFormat): string {
  const json = JSON.stringify(site, undefined, 2);
  if (format === "json") return `${json}\n`;
  if (format === "yaml") return stringify(site, { lineWidth: 100 });
  return `import { defineSite } from "../../src/site/define.ts";\n\nexport default defineSite(${json});\n`;
}
