import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { LiveFacts } from "../serve/facts.ts";
import type { LogEntry } from "../serve/log-entry.ts";
import { entryLine, isWorthALine } from "./serve-lines.ts";

const entry = <T extends keyof LiveFacts>(type: T, details: LiveFacts[T] & { machine?: string }) =>
  ({ seq: 0, at: 0, time: "2026-11-20T17:00:00.123Z", type, ...details }) as unknown as LogEntry;
const said = (each: LogEntry) =>
  stripVTControlCharacters(entryLine(each)).replace(/^\d\d:\d\d:\d\d\.123 +/, "");

const answer: LiveFacts["dhcp.sent"] & { machine: string } = {
  mac: "52:54:00:69:00:0a",
  machine: "node1",
  xid: "00000001",
  messageType: "DHCPOFFER",
  yiaddr: "10.69.0.10",
  bootfileName: "snponly.efi",
  to: "255.255.255.255:68",
  reason: "10.69.0.10: reserved for it",
};

describe("a line of the log", () => {
  test("says what was answered and why, and the address once", () => {
    expect(said(entry("dhcp.sent", answer))).toBe(
      "node1              DHCPOFFER to 52:54:00:69:00:0a: 10.69.0.10, boot snponly.efi (reserved for it)",
    );
  });

  test("says of a dry run that it would have", () => {
    expect(said(entry("dhcp.withheld", answer))).toContain("would send DHCPOFFER to 52:54:00:69:00:0a");
  });

  test("of another version is shown as it stands", () => {
    const at = { seq: 0, at: 0, time: "2026-11-20T17:00:00.123Z" };
    for (const other of [
      { ...at, type: "dhcp.sent" },
      { ...at, type: "tea.made", cups: 2 },
    ]) {
      expect(said(other as unknown as LogEntry)).toBe(`${other.type}: ${JSON.stringify(other)}`);
    }
  });

  test("repeats nothing that commands a terminal", () => {
    const hostile = entry("http.failed", {
      id: 1,
      from: "",
      path: "\u001b]0;x\u0007\u009b2J\nfake line",
      reason: "",
    });
    expect(said(hostile)).toMatch(/^[\x20-\x7e]+$/);
  });

  test.each<[keyof LiveFacts, boolean, object?]>([
    ["syslog.received", true],
    ["dns.answered", false, { by: "zone", rcode: "NOERROR" }],
    ["dns.answered", true, { by: "policy", rcode: "REFUSED" }],
    ["dhcp.received", false],
    ["http.requested", false],
    ["tftp.progress", false],
    ["dhcp.sent", true],
    ["dhcp.silent", true],
    ["serve.reload-failed", true],
    ["machine.ready", true],
  ])("is printed of %s: %s", (type, worth, details = {}) => {
    expect(isWorthALine({ type, ...details } as LogEntry)).toBe(worth);
  });
});
