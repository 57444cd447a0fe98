import type { FirmwareFact } from "./conditions.ts";
import { printScript } from "./ipxe/script.ts";
import { addressWithFacts, marker } from "./script-address.ts";

/**
 * The script before the script, where rules need what only the firmware knows: it comes back to the same address and
 * says it. What a machine does not have is said to be empty, so that nobody asks twice.
 */
export function factsScript(address: string, facts: readonly FirmwareFact[]): string {
  return printScript([
    { run: { do: "set", setting: "user-class", value: [marker] } },
    { run: { do: "echo", text: [`${marker}:`, "asked", "for", `${facts.join(",")}`] } },
    { run: { do: "chain", url: addressWithFacts(address, facts) }, otherwise: { do: "exit", status: 1 } },
  ]);
}
