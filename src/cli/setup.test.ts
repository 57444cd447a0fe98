import { describe, expect, test } from "vitest";
import { laneNeeds, needs } from "../host/packages.ts";
import { recordingTerminal } from "./recording-terminal.ts";
import { setup } from "./setup.ts";

const { signal } = new AbortController();

describe("setup", () => {
  test("of Node alone says which Node runs, and looks at nothing else", async () => {
    const terminal = recordingTerminal();
    expect(await setup.main(["--only", "node"], terminal, signal)).toBe(0);
    expect(terminal.stdout).toEqual([expect.stringContaining(`ready: Node ${process.versions.node}`)]);
  });

  test("as a dry run lists every need with a verdict, and ends with what would be done", async () => {
    const terminal = recordingTerminal();
    expect(await setup.main(["--dry-run"], terminal, signal)).toBe(0);
    for (const { name } of [...needs, ...laneNeeds]) {
      expect(terminal.stdout.find((line) => line.startsWith(name))).toMatch(
        / {2}(there|missing|left out) {2}/,
      );
    }
    expect(terminal.stdout.join("\n")).toMatch(/Nothing is missing|Would run:|ask you to run:/);
    expect(terminal.stderr).toEqual([]);
  });
});
