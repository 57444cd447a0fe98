import { memoryNeeded } from "../boot/memory-needed.ts";
import { DrybootError } from "../core/errors.ts";
import { formatSize } from "../core/units.ts";
import { recipeFor } from "../images/recipes.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import type { LabJob } from "./boot-job.ts";

/** Refuses a boot that would end, after minutes perhaps, in a kernel without room for its initrd. */
export function requireMemory(site: Site, name: string, images: LabJob["images"]): void {
  const machine = resolveSite(site).machines.find((each) => each.name === name);
  const built = new Map(images).get(machine?.image ?? "");
  const choice = site.images[machine?.image ?? ""];
  if (!machine || !built || !choice) return;
  const needed = memoryNeeded(built, recipeFor(choice).userlandBytes);
  if (machine.memoryBytes >= needed) return;
  const has = formatSize(machine.memoryBytes);
  throw new DrybootError(
    `${name} has ${has} of memory, and image ${machine.image} needs about ${formatSize(needed)} to start`,
    {
      code: "MEMORY_TOO_SMALL",
      where: `machine ${name} of the site ${site.name}`,
      hint: `give it \`memory: "${Math.ceil(needed / 2 ** 20)}M"\` or more: 2.5 times its initrds, its kernel, and what its system takes`,
      exitCode: 2,
    },
  );
}
