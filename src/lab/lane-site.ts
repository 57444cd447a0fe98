import { parseLoaderName } from "../boot/known-loaders.ts";
import { DrybootError } from "../core/errors.ts";
import type { RecipeName } from "../images/recipes.ts";
import type { Site } from "../site/schema.ts";
import type { Lane, LaneName } from "./lanes.ts";
import { lanes } from "./lanes.ts";

/** The same image for 64-bit ARM, where there is one. */
const armRecipes: Readonly<Partial<Record<RecipeName, RecipeName>>> = {
  rescue: "rescue-arm64",
  "rescue-arm64": "rescue-arm64",
};

/** A site as a lane tries it: its firmware is given the lane's loader, and images are made for its processor. */
export function siteFor(site: Site, name: LaneName): Site {
  const { firmware, loader } = lanes[name];
  const suited = firmware === "uefi-arm64" ? forArm(site, name) : site;
  if (loader === undefined) return suited;
  return {
    ...suited,
    loaders: { ...site.loaders, ...loadersFor(firmware, loader) },
    // Theirs would come first.
    machines: suited.machines.map(({ loader: _, ...machine }) => machine),
  };
}

function loadersFor(firmware: Lane["firmware"], loader: string): Partial<Site["loaders"]> {
  if (firmware === "uefi-arm64") return { arm64: loader };
  if (firmware !== "bios") return { x64: loader };
  const { ipxe } = parseLoaderName(loader);
  // QEMU has no ROM for a BIOS but iPXE's: one is given another iPXE only where the site takes it for too old.
  return ipxe === undefined ? { bios: loader } : { bios: loader, biosFromIpxe: loader, oldestIpxe: ipxe };
}

function forArm(site: Site, lane: LaneName): Site {
  const images = Object.entries(site.images).map(([name, image]) => {
    if (image.recipe === "alpine" && image.arch === "aarch64") return [name, image];
    const recipe = armRecipes[image.recipe];
    if (recipe) return [name, { ...image, recipe }];
    throw new DrybootError(`the image ${name} of ${site.name} is not made for ARM machines`, {
      code: "LANE_IMAGE",
      where: `lane ${lane}: ${lanes[lane].says}`,
      hint: `take another lane, or an image for them: ${[...new Set(Object.values(armRecipes))].join(", ")}`,
      exitCode: 2,
    });
  });
  return { ...site, images: Object.fromEntries(images) };
}
