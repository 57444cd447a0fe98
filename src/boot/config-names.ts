import { formatIpv4 } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { usableUuid } from "./script-address.ts";

/** Whose configuration a name means. A part of an address names nobody, and neither does the name for everybody. */
export type ConfigOwner = Readonly<
  { mac: string } | { uuid: string } | { address: string } | { anybody: true }
>;

/** The name of a configuration file, taken apart: whose loader's it is, and whom it is for. */
export type ConfigName = Readonly<{ loader: "pxelinux" | "grub"; owner: ConfigOwner }>;

/**
 * Reads the path of a request. PXELINUX looks in `pxelinux.cfg/` for its UUID, `01-` and its MAC, its address in hex
 * with one digit less each time, and `default`; GRUB for `grub.cfg-` and the same, and then `grub.cfg`. Their folder is
 * the loader's own (PXELINUX) or what the loader was built with (GRUB).
 */
export function parseConfigName(path: string): ConfigName | undefined {
  const pxelinux = /(?:^|\/)pxelinux\.cfg\/([^/]+)$/.exec(path)?.[1];
  if (pxelinux !== undefined) {
    const owner = pxelinux === "default" ? anybody : ownerIn(pxelinux);
    return owner && { loader: "pxelinux", owner };
  }
  const [grub, suffix] = /(?:^|\/)grub\.cfg(?:-([^/]+))?$/.exec(path) ?? [];
  if (grub === undefined) return undefined;
  const owner = suffix === undefined ? anybody : ownerIn(suffix);
  return owner && { loader: "grub", owner };
}

const anybody = { anybody: true } as const;

function ownerIn(text: string): ConfigOwner | undefined {
  const uuid = usableUuid(text);
  if (uuid !== undefined) return { uuid };
  // ARP's hardware type comes first, and 01 is Ethernet (RFC 1700). GRUB's variables have colons in the MAC.
  const mac = /^01-(.+)$/.exec(text)?.[1];
  if (mac !== undefined) {
    const parsed = parseMac(mac);
    return parsed === undefined ? undefined : { mac: parsed };
  }
  if (/^[0-9A-F]{8}$/i.test(text)) return { address: formatIpv4(Number.parseInt(text, 16)) };
  return /^[0-9A-F]{1,7}$/i.test(text) ? anybody : undefined;
}

/** The other way to write a UUID: PXELINUX takes the bytes as they come, firmware tables have the first three fields reversed. */
export function swappedUuid(uuid: string): string {
  const reversed = (part: string) => part.match(/../g)?.toReversed().join("") ?? part;
  const [low = "", mid = "", high = "", ...rest] = uuid.split("-");
  return [reversed(low), reversed(mid), reversed(high), ...rest].join("-");
}

/** The names under which a loader finds the configuration for one machine, the first it asks for first. */
export function configNamesOf(loader: ConfigName["loader"], mac: string): string[] {
  const byMac = `01-${mac.replaceAll(":", "-")}`;
  return loader === "pxelinux"
    ? [`pxelinux.cfg/${byMac}`, "pxelinux.cfg/default"]
    : [`grub/grub.cfg-${byMac}`, "grub/grub.cfg"];
}
