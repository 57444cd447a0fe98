import { storeFolder } from "../core/folders.ts";
import type { ServedFile } from "../core/served-file.ts";
import { formatSize } from "../core/units.ts";
import { accelerator } from "../host/accelerator.ts";
import type { Firmware } from "../host/firmware.ts";
import { findFirmware } from "../host/firmware.ts";
import type { FirmwareFile } from "../host/firmware-file.ts";
import { findQemu } from "../host/qemu.ts";
import { requireNamespaces } from "../host/require-namespaces.ts";
import { requireTool } from "../host/require-tool.ts";
import { ensureImage } from "../images/catalogue.ts";
import { sayProgress } from "../images/progress.ts";
import type { OpenedImage } from "../images/store.ts";
import type { Site } from "../site/schema.ts";
import type { LabJob } from "./boot-job.ts";
import { ensureHost } from "./setup.ts";
import type { Terminal } from "./terminal.ts";

/** Everything a lab needs from outside its namespaces: host packages, QEMU, the accelerator's verdict, firmware, images. */
export async function prepareLab(
  site: Site,
  imageNames: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<LabJob> {
  if (site.dhcp.mode === "proxy") {
    requireTool("dnsmasq", "to lend addresses in the lab: a proxy lends none", {
      where: `\`dhcp.mode\` of the site ${site.name}`,
    });
  }
  await ensureHost(terminal, signal);
  const found = await findLabHost(signal);
  return { site, ...found, images: await prepareImages(site, imageNames, terminal, signal) };
}

/** What this host runs guests with, and the loaders it can hand out. */
export async function findLabHost(signal: AbortSignal): Promise<Pick<LabJob, "host" | "loaders" | "ran">> {
  await requireNamespaces(signal);
  const qemu = await findQemu({ signal });
  const verdict = await accelerator(qemu, { store: storeFolder(), signal });
  const firmware = await findFirmware({ signal, qemuPath: qemu.path });
  const { uefi } = firmware;
  return {
    host: {
      qemu: qemu.path,
      accelerator: verdict.use,
      ...(uefi ? { uefi: { code: uefi.code.path, vars: uefi.vars.path } } : {}),
    },
    loaders: loadersOf(firmware),
    ran: {
      qemu: qemu.versionText,
      accelerator:
        verdict.use === "kvm"
          ? "KVM"
          : `TCG, software emulation (KVM is ${verdict.verdict}: ${verdict.reason})`,
      bios: `SeaBIOS ${told(firmware.bios)}`,
      uefi: `OVMF ${told(uefi?.code)}`,
    },
  };
}

/** Opens each image, building first what is not in the store; a recipe that two names share is built once. */
export async function prepareImages(
  site: Site,
  names: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<[string, OpenedImage][]> {
  const opened: [string, OpenedImage][] = [];
  for (const name of new Set(names)) {
    const recipe = site.images[name]?.recipe;
    if (recipe === undefined) continue;
    opened.push([name, await ensureRecipe(recipe, terminal, signal)]);
  }
  return opened;
}

/** Opens the image of a recipe; its making shows on standard error, because standard output may be facts. */
export async function ensureRecipe(
  recipe: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<OpenedImage> {
  let said = "";
  const image = await ensureImage(recipe, {
    store: storeFolder(),
    signal,
    onProgress: (progress) => {
      const line = `image ${recipe}: ${sayProgress(progress)}`;
      if (terminal.isTTY) terminal.live([line]);
      else if (line !== said) terminal.err(line);
      said = line;
    },
  });
  terminal.live([]);
  return image;
}

function loadersOf(firmware: Firmware): LabJob["loaders"] {
  return Object.entries(firmware.loaders).map(([name, { path, sizeBytes, sha256, version }]) => {
    const served: ServedFile & { version: string } = { path, sizeBytes, sha256, version };
    return [name, served] as const;
  });
}

function told(file: FirmwareFile | undefined): string {
  return file
    ? `${file.version} (${formatSize(file.sizeBytes)}, sha256 ${file.sha256.slice(0, 12)})`
    : "not installed";
}
