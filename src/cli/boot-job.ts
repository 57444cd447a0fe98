import type { LoaderFile } from "../images/loader-files.ts";
import type { OpenedImage } from "../images/store.ts";
import type { MirrorRoots } from "../lab/lab-mirrors.ts";
import type { LaneHosts } from "../lab/lane-host.ts";
import type { LaneName } from "../lab/lanes.ts";
import type { Site } from "../site/schema.ts";

/** What boots in the lab: plain data, found outside the namespaces and used inside. */
export interface LabJob {
  site: Site;
  lanes: LaneHosts;
  /** By their names in the site. */
  images: readonly (readonly [string, OpenedImage])[];
  /** By the names firmware asks for. */
  loaders: readonly (readonly [string, LoaderFile])[];
  /** Package mirrors, by the names they are served under. */
  mirrors: MirrorRoots;
}

/** One boot of one machine. */
export interface BootJob extends LabJob {
  machine: string;
  lane: LaneName;
  /** QEMU loads the kernel itself: no loader, and no firmware to speak of. */
  direct: boolean;
  folder: string;
  json: boolean;
  keep: boolean;
}
