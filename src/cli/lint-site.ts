import type { LintImage, LintSite } from "../boot/lint-site.ts";
import { loaderNames } from "../host/firmware-places.ts";
import type { InspectedSite } from "./inspected-site.ts";

/** What is known of a recipe besides what its image's manifest says. */
const ofRecipe: Readonly<Record<string, Pick<LintImage, "nics" | "comfortableBytes" | "installs">>> = {
  rescue: { nics: ["virtio-net-pci"] }, // src/images/rescue.ts packs no other driver, and its kernel has none built in
  "debian-installer": {
    nics: ["virtio-net-pci", "e1000", "e1000e", "rtl8139", "vmxnet3"],
    comfortableBytes: 737 * 2 ** 20, // below, lowmem level 1
    installs: true,
  },
};

/** A site and this host as the rules look at them. */
export function lintSiteOf({ loaded, resolved, listed, images, loaders }: InspectedSite): LintSite {
  const { boot, dhcp, lab } = resolved;
  return {
    dhcp,
    boot,
    machines: resolved.machines,
    images: new Map(
      Object.entries(loaded.site.images).map(([name, { recipe }]): [string, LintImage] => {
        const built = images.get(name);
        const state = listed.get(name)?.state ?? "absent";
        return [name, { recipe, state, ...(built ? { built } : {}), ...ofRecipe[recipe] }];
      }),
    ),
    loaders: { found: new Set(loaders.keys()), servable: [...new Set([...loaderNames, ...loaders.keys()])] },
    lanes: lab.lanes,
    bootTimeoutMs: lab.bootTimeoutMs,
  };
}
