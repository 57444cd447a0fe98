import * as z from "zod";

/** Why QEMU stopped or reset a machine (its `ShutdownCause`). Older QEMUs leave it out. */
const cause = { guest: z.boolean().optional(), reason: z.string().optional() };
const action = { action: z.string().optional() };

/** The events of QEMU that decide something here, by its names for them; fields it may add are left alone. */
const known = z.discriminatedUnion("event", [
  z.object({ event: z.literal("SHUTDOWN"), data: z.looseObject(cause) }),
  z.object({ event: z.literal("RESET"), data: z.looseObject(cause) }),
  z.object({ event: z.literal("GUEST_PANICKED"), data: z.looseObject(action) }),
  z.object({ event: z.literal("GUEST_CRASHLOADED"), data: z.looseObject(action) }),
  z.object({ event: z.literal("WATCHDOG"), data: z.looseObject(action) }),
]);

export type KnownQmpEvent = z.infer<typeof known>;

/** An event as it is recorded, read; undefined for one that says nothing about how the boot goes. */
export function readQmpEvent(event: { event: string; data: unknown }): KnownQmpEvent | undefined {
  return known.safeParse(event).data;
}
