import * as z from "zod";
import { duration } from "./meanings.ts";

/** What each of them is stands in `src/lab/lanes.ts`. */
const laneNames = [
  "bios-pxe",
  "bios-undionly",
  "bios-pxelinux",
  "uefi-pxe",
  "uefi-http",
  "uefi-rom",
  "uefi-grub",
  "uefi-secure",
  "arm64-uefi",
] as const;

export const lab = z.strictObject({
  lanes: z
    .array(
      z
        .enum(laneNames)
        .describe("Firmware and boot path; `dryboot lanes` shows what each is, and which run here."),
    )
    .min(1)
    .default(["bios-pxe", "uefi-pxe"])
    .describe("The ways its machines are tried, the first one where only one is."),
  bootTimeout: duration(1000, "a duration from 1s to 24d, such as 120s")
    .default("120s")
    .describe("How long a boot may take until it has failed, however alive it looks."),
});
