import * as z from "zod";

export const https = z.strictObject({
  mode: z
    .enum(["on", "off"])
    .default("off")
    .describe("`on` serves the same files over HTTPS on port 443 too; what machines are told stays HTTP."),
  cert: z
    .string()
    .min(1)
    .optional()
    .describe("A certificate file (PEM, issuers behind it); without it, one of dryboot's own authority."),
  key: z.string().min(1).optional().describe("The key of `cert` (PEM)."),
});
