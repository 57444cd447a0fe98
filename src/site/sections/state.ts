import * as z from "zod";
import { parseSize } from "../../core/units.ts";
import { meaning } from "./meanings.ts";

const count = z.int().min(0).max(10_000);

export const state = z.strictObject({
  mode: z
    .enum(["off", "on"])
    .default("off")
    .describe(
      "Whether machines may hand in what they keep of themselves (Alpine's `lbu commit`), and are handed it when they boot; [states](state.md). Not in the lab.",
    ),
  handOut: z
    .enum(["newest", "chosen"])
    .default("newest")
    .describe(
      "What a machine is handed when it boots: `newest` what it handed in last, unless `dryboot state restore` chose another; `chosen` only what was chosen so.",
    ),
  largest: meaning("a size between 4K and 64M, such as 16M", (text) => {
    const bytes = parseSize(text) ?? 0;
    return bytes >= 4096 && bytes <= 64 * 2 ** 20;
  })
    .default("16M")
    .describe("The largest state that is taken."),
  keep: z
    .strictObject({
      last: count.min(1).default(20).describe("So many of the last ones."),
      daily: count.default(14).describe("The last one of each of so many days that have one."),
      weekly: count.default(8).describe("The last one of each of so many weeks that have one."),
    })
    .prefault({})
    .describe("How many of a machine's states are kept; what it is handed always is."),
});
