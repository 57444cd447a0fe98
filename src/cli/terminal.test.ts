import { PassThrough } from "node:stream";
import { styleText } from "node:util";
import { describe, expect, test } from "vitest";
import { streamTerminal } from "./terminal.ts";

function stream(isTTY: boolean) {
  const through = Object.assign(new PassThrough(), { isTTY, columns: isTTY ? 60 : undefined, rows: 20 });
  return { through, text: () => String(through.read() ?? "") };
}

const red = styleText("red", "no", { validateStream: false });
const eraseLine = `${String.fromCharCode(27)}[2K`;

describe("a terminal", () => {
  test.each([
    ["keeps colours for a person", true, true, `${red}\n`],
    ["takes colours out of a file", false, true, "no\n"],
    ["takes colours out when they are not wanted", true, false, "no\n"],
  ])("%s", (_, isTTY, colours, expected) => {
    const out = stream(isTTY);
    streamTerminal(out.through, stream(false).through, { colours }).out(red);
    expect(out.text()).toBe(expected);
  });

  test("knows its width, and assumes one where there is none", () => {
    expect(streamTerminal(stream(true).through, stream(true).through, { colours: true }).columns).toBe(60);
    expect(streamTerminal(stream(false).through, stream(true).through, { colours: true }).columns).toBe(100);
  });

  test("puts a line above the live block, whichever stream it is for", () => {
    const out = stream(true);
    const err = stream(true);
    const terminal = streamTerminal(out.through, err.through, { colours: true });
    terminal.live(["phase: dhcp"]);
    expect(out.text()).toContain("phase: dhcp");
    terminal.err("a warning");
    expect(err.text()).toBe("a warning\n");
    // The block was lifted (lines erased) and put back.
    const redrawn = out.text();
    expect(redrawn).toContain(eraseLine);
    expect(redrawn).toContain("phase: dhcp");
    terminal.live([]);
    out.text();
    terminal.out("the end");
    expect(out.text()).toBe("the end\n");
  });

  test("shows no live block where it could not be replaced", () => {
    const out = stream(false);
    streamTerminal(out.through, out.through, { colours: true }).live(["phase"]);
    expect(out.text()).toBe("");
  });
});
