import { describe, expect, test } from "vitest";
import { onSent, onSolicitation, onUnsendable, silentRouter, startSchedule, whyIgnored } from "./decide.ts";

describe("the advertisement of a netboot segment", () => {
  test("gives no route, no address and no reason to try DHCPv6", () => {
    expect(silentRouter).toMatchObject({ routerLifetimeSeconds: 0, managed: false, otherConfig: false });
  });
});

describe("when to advertise", () => {
  test("at once when the server starts, then every four seconds", () => {
    expect(startSchedule(1000).dueMs).toBe(1000);
    expect(onSent(1000).dueMs).toBe(5000);
  });

  test("at once when a host asks", () => {
    expect(onSolicitation(onSent(1000), 2500)).toMatchObject({ dueMs: 2500, solicited: true });
  });

  test("no more than ten times a second, however many ask", () => {
    let schedule = onSent(1000);
    for (let now = 1001; now < 1100; now += 1) schedule = onSolicitation(schedule, now);
    expect(schedule.dueMs).toBe(1100);
  });

  test("soon again while the interface cannot send and a host waits, and in no hurry while none does", () => {
    expect(onUnsendable(onSolicitation(onSent(1000), 2000), 2000).dueMs).toBe(2050);
    expect(onUnsendable(startSchedule(1000), 1000).dueMs).toBe(5000);
    // The waiting host is still the reason when it works at last.
    expect(onUnsendable(onSolicitation(onSent(1000), 2000), 2000).solicited).toBe(true);
  });
});

describe("who is answered", () => {
  const named = { sourceLinkLayerAddress: "52:54:00:12:34:56" };

  test.each([
    ["fe80::5054:ff:fe12:3456", named],
    ["febf::1", {}],
    ["::", {}],
  ])("%s with %j is", (from, solicitation) => expect(whyIgnored(from, solicitation)).toBeUndefined());

  test.each([
    ["2001:db8::1", named, /not of this link/],
    ["fec0::1", named, /not of this link/],
    ["fe8::1", named, /not of this link/],
    ["::", named, /no address and yet/],
  ])("%s with %j is not", (from, solicitation, reason) =>
    expect(whyIgnored(from, solicitation)).toMatch(reason),
  );
});
