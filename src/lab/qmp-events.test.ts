import { expect, test } from "vitest";
import { readQmpEvent } from "./qmp-events.ts";

test("events that decide something are read, with what QEMU says of them", () => {
  const shutdown = { event: "SHUTDOWN", data: { guest: true, reason: "guest-shutdown" } };
  expect(readQmpEvent(shutdown)).toEqual(shutdown);
  expect(readQmpEvent({ event: "WATCHDOG", data: { action: "reset", added: 1 } })).toMatchObject({
    event: "WATCHDOG",
    data: { action: "reset" },
  });
});

test("an event counts also where QEMU gives no reason", () => {
  expect(readQmpEvent({ event: "RESET", data: {} })).toEqual({ event: "RESET", data: {} });
});

test.each([
  { event: "RTC_CHANGE", data: { offset: 0 } },
  { event: "SHUTDOWN", data: { guest: "yes" } },
  { event: "reset", data: {} },
])("%j says nothing about how the boot goes", (event) => expect(readQmpEvent(event)).toBeUndefined());
