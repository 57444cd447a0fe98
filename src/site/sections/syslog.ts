import * as z from "zod";

export const syslog = z.strictObject({
  mode: z
    .enum(["on", "off"])
    .default("on")
    .describe(
      "`on` takes the machines' log lines on UDP port 514, and tells machines that ask where (option 7); `off` does neither.",
    ),
});
