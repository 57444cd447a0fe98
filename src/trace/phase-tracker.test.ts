import { describe, expect, test } from "vitest";
import { ipxeClient, roleOf, Story, shoe, uefiPxe } from "./boots.fixture.ts";
import { PhaseTracker } from "./phase-tracker.ts";
import { phasesOf } from "./phases.ts";

describe("following a boot while it runs", () => {
  test("names each phase as it begins", () => {
    const tracker = new PhaseTracker(shoe, roleOf);
    const seen: string[] = [];
    for (const fact of uefiPxe().facts()) {
      tracker.feed(fact);
      const now = tracker.current()?.phase;
      if (now !== undefined && now !== seen.at(-1)) seen.push(now);
    }
    expect(seen).toEqual([
      "firmware",
      "dhcp",
      "loader",
      "ipxe-dhcp",
      "script",
      "kernel-fetch",
      "initrd-fetch",
      "kernel",
      "initramfs",
      "network",
      "ready",
    ]);
  });

  test("says the same at every step as reading it all again", () => {
    const facts = uefiPxe().facts();
    const tracker = new PhaseTracker(shoe, roleOf);
    for (const [index, fact] of facts.entries()) {
      tracker.feed(fact);
      expect(tracker.phases()).toEqual(phasesOf(facts.slice(0, index + 1), shoe, roleOf));
    }
  });

  test("gives every transfer's progress its phase", () => {
    const tracker = new PhaseTracker(shoe, roleOf);
    const story = new Story().leases(1000, 2000, ipxeClient, "1");
    const id = story.gets(2100, "/x/vmlinuz");
    story.at(2200, "http.progress", { id, path: "/x/vmlinuz", sentBytes: 1, sizeBytes: 9 });
    story.at(2300, "http.progress", { id: 99, path: "/x/vmlinuz", sentBytes: 1, sizeBytes: 9 });
    expect(
      story
        .facts()
        .map((fact) => tracker.feed(fact))
        .slice(-3),
    ).toEqual(["kernel-fetch", "kernel-fetch", undefined]);
  });

  test("hands out copies, not its own notes", () => {
    const tracker = new PhaseTracker(shoe, roleOf);
    for (const fact of new Story().powerOn(100).facts()) tracker.feed(fact);
    const [first] = tracker.phases();
    if (first) first.startMs = -1;
    expect(tracker.phases()[0]?.startMs).toBe(100);
  });
});
