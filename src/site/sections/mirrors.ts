import * as z from "zod";
import { label } from "./meanings.ts";

const mirror = z
  .string()
  .min(1)
  .max(500)
  .refine((text) => /^https?:\/\/[^\s]+$/.test(text) || !/:\/\/|\s/.test(text), {
    error: "a folder, or an address that begins with http:// or https://",
  })
  .describe("A folder, seen from the site file's folder, or a URL: the root of a mirror.");

export const mirrors = z
  .record(label, z.array(mirror).min(1).max(16).describe("Asked in this order; folders come first."))
  .default({});
