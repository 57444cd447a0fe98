import { isDeepStrictEqual } from "node:util";
import { serverAddress } from "../site/addresses.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";

/** What a reload would change, in words; empty when nothing. */
export function changesBetween(before: Site, after: Site): string[] {
  const { machines, images, ...rest } = after;
  const others = Object.keys({ ...before, ...rest }).filter((key) => key !== "machines" && key !== "images");
  return [
    ...changedNames("machine", byName(before.machines), byName(machines)),
    ...changedNames("image", before.images, images),
    ...others
      .filter((key) => !isDeepStrictEqual(before[key as keyof Site], after[key as keyof Site]))
      .map((key) => `\`${key}\` changed`),
  ];
}

/** What sockets are bound to, and what was looked for before they were: changed only by a restart. */
export function needsRestart(before: Site, after: Site): string[] {
  const fixed = (site: Site): Readonly<Record<string, string>> => ({
    "network.server": serverAddress(site.network),
    "network.subnet": site.network.subnet,
    "dhcp.mode": site.dhcp.mode,
    dns: resolveSite(site).dns === undefined ? "off" : "on",
    "syslog.mode": site.syslog.mode,
    "tftp.singlePort": `${site.tftp.singlePort}`,
    "tftp.mtu": `${site.tftp.mtu ?? "the interface's"}`,
    https: JSON.stringify(site.https),
  });
  const [was, is] = [fixed(before), fixed(after)];
  return Object.keys(is)
    .filter((path) => was[path] !== is[path])
    .map((path) => `\`${path}\` (from ${was[path]} to ${is[path]})`);
}

function byName(machines: Site["machines"]): Record<string, unknown> {
  return Object.fromEntries(machines.map((machine) => [machine.name, machine]));
}

function changedNames(
  what: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string[] {
  return Object.keys({ ...before, ...after }).flatMap((name) => {
    if (!(name in before)) return [`${what} ${name} is new`];
    if (!(name in after)) return [`${what} ${name} is gone`];
    return isDeepStrictEqual(before[name], after[name]) ? [] : [`${what} ${name} changed`];
  });
}
