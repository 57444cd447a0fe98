import * as z from "zod";

/** Of every command that belongs to a running server: it finds the server by the folder. */
export const stateFlag = z
  .string()
  .optional()
  .describe("Folder of leases, log and control socket (default: /var/lib/dryboot for root)")
  .meta({ placeholder: "DIR" });
