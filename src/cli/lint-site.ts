import { relative } from "node:path";
import type { BootSite } from "../boot/boot-site.ts";
import { knownLoaders } from "../boot/known-loaders.ts";
import type { LintImage, LintSite } from "../boot/lint-site.ts";
import { loaderNames } from "../host/firmware-places.ts";
import { packagedFiles, wantedLoaders } from "../images/loader-files.ts";
import { recipeFor, recipes } from "../images/recipes.ts";
import type { InspectedSite } from "./inspected-site.ts";

const virtioOnly = { nics: ["virtio-net-pci"] };

/** What is known of a recipe besides what its image's manifest says. */
const ofRecipe: Readonly<Record<string, Pick<LintImage, "nics" | "comfortableBytes" | "installs">>> = {
  rescue: virtioOnly, // src/images/rescue.ts packs no other driver, and its kernel has none built in
  "nixos-standin": virtioOnly,
  "debian-installer": {
    nics: ["virtio-net-pci", "e1000", "e1000e", "rtl8139", "vmxnet3"],
    comfortableBytes: 737 * 2 ** 20, // below, lowmem level 1
    installs: true,
  },
};

/** A site and this host as the rules look at them. */
export function lintSiteOf({ loaded, resolved, listed, images, loaders, builds }: InspectedSite): LintSite {
  const { boot, dhcp, lab } = resolved;
  return {
    dhcp,
    boot,
    machines: resolved.machines,
    images: new Map(
      Object.entries(loaded.site.images).map(([name, choice]): [string, LintImage] => {
        const { recipe } = choice;
        const { userlandBytes, name: stored } = recipeFor(choice);
        const alone = recipes.some((known) => known.name === stored);
        const built = images.get(name);
        const state = listed.get(name)?.state ?? "absent";
        return [
          name,
          {
            recipe,
            state,
            ...(alone ? {} : { build: `--site ${relative(process.cwd(), loaded.file)} ${name}` }),
            ...(built ? { built } : {}),
            ...(userlandBytes ? { userlandBytes } : {}),
            ...ofRecipe[recipe],
          },
        ];
      }),
    ),
    loaders: loadersOf(boot, loaders, builds),
    lanes: lab.lanes,
    bootTimeoutMs: lab.bootTimeoutMs,
  };
}

/** What this host has of loaders, and what it could have. */
function loadersOf(
  boot: BootSite,
  found: InspectedSite["loaders"],
  builds: readonly string[],
): LintSite["loaders"] {
  const wanted = wantedLoaders(boot);
  const fetchable = wanted.names.filter((name) => packagedFiles(name, wanted.ipxe).size > 0);
  const versions = [...found].flatMap(([name, { version }]): [string, string][] =>
    version === undefined ? [] : [[name, version]],
  );
  return {
    found: new Set(found.keys()),
    servable: [...new Set([...loaderNames, ...knownLoaders.map(({ file }) => file), ...found.keys()])],
    ...{ fetchable: new Set(fetchable), versions: new Map(versions), builds },
  };
}
