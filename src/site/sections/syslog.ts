import * as z from "zod";

export const syslog = z.strictObject({
  mode: z
    .enum(["on", "off"])
    .default("on")
    .describe("`on` takes the machines' log lines on UDP port 514; `off` leaves it alone."),
});
