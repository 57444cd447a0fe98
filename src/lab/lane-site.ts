import { DrybootError } from "../core/errors.ts";
import type { RecipeName } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import type { LaneName } from "./lanes.ts";
import { lanes } from "./lanes.ts";

/** The same image for 64-bit ARM, where there is one. */
const armRecipes: Readonly<Partial<Record<RecipeName, RecipeName>>> = {
  rescue: "rescue-arm64",
  "rescue-arm64": "rescue-arm64",
};

/** A site as a lane tries it: with loaders and images that its machines can run, where the site says nothing else. */
export function siteFor(site: Site, lane: LaneName): Site {
  return lanes[lane].firmware === "uefi-arm64" ? forArm(site, lane) : site;
}

function forArm(site: Site, lane: LaneName): Site {
  const images = Object.entries(site.images).map(([name, image]) => {
    const recipe = armRecipes[image.recipe];
    if (recipe) return [name, { ...image, recipe }];
    throw new DrybootError(`the image ${name} of ${site.name} is not made for ARM machines`, {
      code: "LANE_IMAGE",
      where: `lane ${lane}: ${lanes[lane].says}`,
      hint: `take another lane, or an image for them: ${[...new Set(Object.values(armRecipes))].join(", ")}`,
      exitCode: 2,
    });
  });
  return {
    ...site,
    images: Object.fromEntries(images),
    loaders: { ...site.loaders, arm64: site.loaders.arm64 ?? "ipxe-arm64.efi" },
  };
}
