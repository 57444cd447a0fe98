import { printScript } from "./ipxe/script.ts";
import { prose } from "./ipxe/words.ts";
import { held, opening, run, say } from "./script-lines.ts";

/**
 * Leaves the machine to its disk. A BIOS that is returned to may try the network again before the disk: iPXE starts the
 * first disk itself there. UEFI goes on to the next entry of its boot order.
 */
export function localScript(who: string, note: string): string {
  return printScript([
    opening,
    say(...prose(`${who}: ${note}`)),
    {
      when: { do: "iseq", left: held("platform"), right: "pcbios" },
      run: { do: "sanboot", drive: 0x80 },
    },
    run({ do: "exit", status: 1 }),
  ]);
}
