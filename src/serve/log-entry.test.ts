import { describe, expect, test } from "vitest";
import type { LogEntry } from "./log-entry.ts";
import { aboutMachine } from "./log-entry.ts";

const at = { seq: 0, at: 0, time: "2026-11-20T17:00:00.000Z" };
const ready: LogEntry = { ...at, type: "machine.ready", machine: "node1", address: "10.69.0.10" };
const silent: LogEntry = {
  ...at,
  type: "dhcp.silent",
  mac: "52:54:00:69:00:0a",
  machine: "node1",
  reason: "",
};

describe("an entry of the log", () => {
  test.each([["node1"], ["NODE1"], ["52:54:00:69:00:0a"], ["52-54-00-69-00-0A"]])(
    "is found by %s",
    (wanted) => {
      const about = aboutMachine(wanted);
      expect([silent, ready].map(about)).toEqual([true, true]);
    },
  );

  test("is not found by another machine's name", () => {
    expect([silent, ready].filter(aboutMachine("node2"))).toEqual([]);
  });
});
