import { isOlderIpxe } from "../boot/ipxe-version.ts";
import { knownLoader, parseLoaderName, releaseNamed } from "../boot/known-loaders.ts";
import type { Mistake } from "./mistake.ts";
import type { Site } from "./schema.ts";

/** An iPXE that is given another one for being old must not be given one that is as old: it would go round for ever. */
export function checkLoaders({ loaders }: Site): Mistake[] {
  const { oldestIpxe, ipxe } = loaders;
  if (oldestIpxe === undefined) return [];
  return (["biosFromIpxe", "x64", "arm64"] as const).flatMap((key): Mistake[] => {
    const file = loaders[key];
    if (file === undefined || knownLoader(file)?.kind !== "ipxe") return [];
    const release = releaseNamed(parseLoaderName(file).ipxe ?? ipxe);
    if (release === undefined || !isOlderIpxe(release.reports, oldestIpxe)) return [];
    const says = `is ${file}, an iPXE that says it is ${release.reports}: older than \`loaders.oldestIpxe\`, ${oldestIpxe}`;
    return [
      {
        path: ["loaders", key],
        says,
        hint: `name a newer one, such as ipxe-2.0.0/${parseLoaderName(file).file}`,
      },
    ];
  });
}
