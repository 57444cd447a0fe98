import { createHash } from "node:crypto";
import { overlayPath } from "../boot/boot-paths.ts";
import type { BootSite } from "../boot/boot-site.ts";
import type { ServedFile } from "../core/served-file.ts";
import { SiteOverlays } from "../images/overlays/machine-overlay.ts";
import type { OverlayTree } from "../images/overlays/overlay.ts";
import { secretsIn } from "../images/overlays/overlay.ts";
import { packOverlay } from "../images/overlays/pack-overlay.ts";
import { SecretKeeper } from "../images/overlays/secret-keeper.ts";
import type { MachineFile } from "./machine-files.ts";

/**
 * The overlays of a site's machines, made now, by the paths under which each finds its own. What holds secrets is made
 * when its machine asks.
 */
export async function overlayFiles(site: BootSite, keeper?: SecretKeeper): Promise<Map<string, MachineFile>> {
  await keeper?.refresh();
  let secrets = keeper;
  const files = new Map<string, MachineFile>();
  for (const { machine, tree } of await new SiteOverlays(site).all()) {
    const names = secretsIn(tree);
    if (names.length > 0) secrets ??= await SecretKeeper.open();
    const file = secrets && names.length > 0 ? await made(tree, names, secrets) : await packed(tree);
    files.set(overlayPath(machine.mac), { ...file, for: { mac: machine.mac } });
  }
  return files;
}

const contentType = "application/gzip";

async function packed(tree: OverlayTree): Promise<{ file: ServedFile }> {
  const bytes = await packOverlay(tree);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { file: { bytes, sizeBytes: bytes.length, sha256, contentType } };
}

/** Without a digest, by which others could try what the secrets are. That they are there is seen now. */
async function made(tree: OverlayTree, names: readonly string[], secrets: SecretKeeper) {
  await secrets.check(names);
  return {
    async make(): Promise<ServedFile> {
      const bytes = await packOverlay(tree, await secrets.values(names));
      return { bytes, sizeBytes: bytes.length, contentType };
    },
  };
}
