import { createHash } from "node:crypto";
import { overlayPath } from "../boot/boot-paths.ts";
import type { BootSite } from "../boot/boot-site.ts";
import type { ServedFile } from "../core/served-file.ts";
import { SiteOverlays } from "../images/overlays/machine-overlay.ts";
import { packOverlay } from "../images/overlays/pack-overlay.ts";
import type { MachineFile } from "./answers.ts";

/** The overlays of a site's machines, made now, by the paths under which each finds its own. */
export async function overlayFiles(site: BootSite): Promise<Map<string, MachineFile>> {
  const files = new Map<string, MachineFile>();
  for (const { machine, tree } of await new SiteOverlays(site).all()) {
    const { mac } = machine;
    files.set(overlayPath(mac), { file: served(await packOverlay(tree)), for: { mac } });
  }
  return files;
}

function served(bytes: Uint8Array): ServedFile {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { bytes, sizeBytes: bytes.length, sha256, contentType: "application/gzip" };
}
