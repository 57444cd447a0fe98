import { onlineLines } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import type { FirmwareFact } from "./conditions.ts";
import { failureLines, openingLines } from "./failure-lines.ts";
import { printScript } from "./ipxe/script.ts";
import { prose } from "./ipxe/words.ts";
import { addressWithFacts } from "./script-address.ts";
import { orFail, run, say, task } from "./script-lines.ts";

/**
 * The script before the script, where rules need what only the firmware knows: it comes back to the same address and
 * says it. What a machine does not have is said to be empty, so that nobody asks twice.
 */
export function factsScript(
  address: string,
  facts: readonly FirmwareFact[],
  { whenBootFails = "firmware" }: Pick<BootSite, "whenBootFails">,
): string {
  return printScript([
    ...openingLines,
    say("asked", "for", facts.join(",")),
    { label: "start" },
    run({ do: "inc", setting: "attempt" }),
    ...onlineLines,
    task(...prose("fetch the boot script")),
    orFail({ do: "chain", url: addressWithFacts(address, facts) }),
    ...failureLines({
      again: "start",
      says: "Trying again",
      item: "Try again",
      unattended: whenBootFails,
    }),
  ]);
}
