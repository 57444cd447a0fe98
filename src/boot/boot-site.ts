import type { Unattended } from "./failure-lines.ts";
import type { LoaderNames } from "./loaders.ts";
import type { BootMenu } from "./menu.ts";
import type { Layer, Settings, SiteRule } from "./settings.ts";

/** What one machine of the site boots: what its own entry says, and what its groups say below that. */
export interface BootMachine extends Settings {
  name: string;
  mac: string;
  uuid?: string;
  /** The address reserved for it. */
  ip?: string;
  /** Of the groups it uses, the ones they use before them. */
  groups?: readonly Layer[];
}

/** What the site says about an image; its files are known only once it is built. */
export interface ImageUse {
  commandLine?: string;
  /** Instead of the image's own command line. */
  replaceCommandLine?: string;
  /** Whether its init fetches the overlay that `apkovl=` names. */
  readsApkovl?: boolean;
  /** Whether its userland reads `dryboot.ready=` and reports there. */
  reportsReady: boolean;
}

/** Everything of a site that decides what a client is answered. */
export interface BootSite {
  /** The IPv4 address that serves DHCP, TFTP and HTTP. */
  server: string;
  /** `http://10.69.0.1`, with `:PORT` when it is not 80; no slash at the end. */
  http: string;
  /** After this many an image is given up for the one that last reported ready; three, unless said. */
  bootsWithoutReport?: number;
  /** The network's DNS domain. */
  domain?: string;
  machines: readonly BootMachine[];
  images: ReadonlyMap<string, ImageUse>;
  /** What machines without an image of their own boot, and machines the site does not know. */
  defaultImage?: string;
  /** Settings of whoever a more specific level says nothing about. */
  defaults?: readonly Layer[];
  /** From the least to the most specific. */
  rules?: readonly SiteRule[];
  loaders: LoaderNames;
  /** The iPXE behind the plain names of its files: a release, or a build of the user's own; else what is installed. */
  ipxe?: string;
  /** One that says it is older is given a loader before its script. */
  oldestIpxe?: string;
  /** Whether an iPXE that asks for `autoexec.ipxe` is given its script at once. */
  autoexec?: boolean;
  /** Shown to everybody whose script we write. */
  menu?: BootMenu;
  /** What a machine does whose boot failed for good, left alone; without it, it goes back to the firmware. */
  whenBootFails?: Unattended;
  /** How long after its firmware asked DHCP a machine is taken to boot, and is given what is for it alone; half an hour unless said. */
  bootTimeMs?: number;
  /** Every machine has an overlay: what it keeps of itself is in it, or what it needs to hand that in. */
  keepsStates?: boolean;
  /** Another boot API, asked what machines boot that the site does not name. */
  api?: Readonly<{ url: string }>;
}
