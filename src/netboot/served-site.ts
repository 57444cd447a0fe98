import { imagePath } from "../boot/boot-paths.ts";
import type { BootSite } from "../boot/boot-site.ts";
import { effectiveSettings } from "../boot/effective-settings.ts";
import type { Loop } from "../boot/loop.ts";
import type { StateOf } from "../boot/plan.ts";
import { planFor } from "../boot/plan.ts";
import type { ServedFile } from "../core/served-file.ts";
import type { DhcpPolicy } from "../dhcp/policy.ts";
import type { DnsSite } from "../dns/policy.ts";
import { wantedLoaders } from "../images/loader-files.ts";
import type { StatePolicy } from "../images/state/history.ts";
import type { OpenedImage } from "../images/store.ts";
import type { Subnet } from "../wire/ipv4.ts";
import type { MachineFile } from "./machine-files.ts";
import type { ServedMirrors } from "./mirrors.ts";

/** What is answered, apart from where and how: the part of a running stack that can be replaced. */
export interface ServedSite {
  site: BootSite;
  dhcp: Omit<DhcpPolicy, "boot" | "dialect">;
  /** Where DNS is served. */
  dns?: DnsSite | undefined;
  /** Whether machines' log lines are taken. */
  syslog?: boolean;
  /** How TFTP is served; the files of `root` are served over HTTP too. */
  tftp?: Readonly<{ root?: string; singlePort?: boolean; mtu?: number }>;
  /** Every image that a machine of the site may boot, opened and verified, by its name in the site. */
  images: ReadonlyMap<string, OpenedImage>;
  /** Loader files by the name a firmware asks for. */
  loaders: ReadonlyMap<string, ServedFile>;
  /** By path: files that each are for one machine alone. */
  machineFiles?: ReadonlyMap<string, MachineFile>;
  /** Files for everybody beside images and loaders. */
  extras?: ReadonlyMap<string, ServedFile>;
  /** How what machines keep of themselves is taken and handed out; absent where it is not. */
  states?: StatePolicy | undefined;
  /** Package mirrors, each asked for a path below its root. */
  mirrors?: ServedMirrors;
  /** Who may read the REST API besides the server itself. */
  readers?: readonly Subnet[];
}

/** What firmware may be told: what it fetches by itself after that is not counted. */
export const firstLoadersOf = ({ site }: ServedSite): ReadonlySet<string> =>
  new Set(wantedLoaders(site).names);

/** Of the machines that the site names, or has files for. */
export function knownMacs({ site, machineFiles = new Map() }: ServedSite): ReadonlySet<string> {
  return new Set([
    ...site.machines.map(({ mac }) => mac),
    ...[...machineFiles.values()].map((file) => file.for.mac),
  ]);
}

/** How DHCP answers: the site's addresses, and the boot answer that the plan gives. */
export function policyOf(
  { dhcp, site }: ServedSite,
  loaderLoop: (mac: string) => Loop | undefined = () => undefined,
  stateOf?: StateOf,
): DhcpPolicy {
  return {
    ...dhcp,
    boot: (client) => planFor(client, site, loaderLoop(client.mac), stateOf).dhcp,
    dialect: (client) => effectiveSettings(client, site).dialect?.value,
  };
}

/** Everything HTTP serves by name: the images' files, and the loaders for firmware that fetches them so. */
export function servedFiles({ images, loaders, extras = new Map() }: ServedSite): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>([...loaders, ...extras]);
  for (const [name, image] of images) {
    for (const file of [image.kernel, ...image.initrds, ...image.files]) {
      files.set(decodeURIComponent(imagePath(name, file.name)), file);
    }
  }
  return files;
}
