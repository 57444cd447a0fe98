import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printPxelinux, printPxelinuxNotice, pxelinuxWordProblem } from "./pxelinux-config.ts";

/** PXELINUX's way to read what we print: a keyword per line, and the rest of it as it is. */
function directives(text: string): [string, string][] {
  return text.split("\n").flatMap((line) => {
    const [, keyword, rest = ""] = /^([A-Z]+)(?: (.*))?$/.exec(line) ?? [];
    return keyword === undefined ? [] : [[keyword, rest] as [string, string]];
  });
}

const words = fc.array(
  fc
    .string({ minLength: 1, unit: "grapheme-ascii" })
    .filter((word) => pxelinuxWordProblem(word) === undefined),
  { maxLength: 20 },
);

describe("a PXELINUX configuration", () => {
  test("boots an image, shows it on the serial line, and goes back to the firmware when that fails", () => {
    expect(
      printPxelinux({
        say: ["dryboot: booting rescue on node1"],
        serial: { port: 0, baud: 115_200 },
        kernel: "::images/rescue/vmlinuz",
        initrds: ["::images/rescue/initrd.img", "::images/rescue/extra.img"],
        commandLine: ["console=ttyS0,115200", "quiet"],
      }),
    ).toBe(
      [
        "SERIAL 0 115200",
        "SAY dryboot: booting rescue on node1",
        "PROMPT 0",
        "DEFAULT boot",
        "ONERROR failed",
        "LABEL boot",
        "LINUX ::images/rescue/vmlinuz",
        "APPEND console=ttyS0,115200 quiet initrd=::images/rescue/initrd.img,::images/rescue/extra.img",
        "SYSAPPEND 2",
        "LABEL failed",
        "LOCALBOOT -1",
        "",
      ].join("\n"),
    );
  });

  test("passes on any command line that can be passed on", () => {
    fc.assert(
      fc.property(words, (commandLine) => {
        const text = printPxelinux({ say: [], kernel: "k", initrds: ["i"], commandLine });
        const appended = directives(text).filter(([keyword]) => keyword === "APPEND");
        expect(appended).toEqual([["APPEND", [...commandLine, "initrd=i"].join(" ")]]);
        // Nothing of it became a line of its own.
        expect(directives(text)).toHaveLength(9);
      }),
    );
  });

  test.each([
    ["two words", "a b"],
    ["a new directive", "a\nLABEL evil"],
    ["a tab", "a\tb"],
    ["nothing", ""],
    ["another alphabet", "ä"],
    ["a file that PXELINUX would fetch", "initrd=http://elsewhere/x"],
  ])("refuses a word with %s", (_, word) => {
    const print = () => printPxelinux({ say: [], kernel: "k", initrds: ["i"], commandLine: [word] });
    expect(print).toThrow(TypeError);
  });

  test.each(["k,l", "k l", "", "k\nLABEL x"])("refuses the path %j", (kernel) => {
    expect(() => printPxelinux({ say: [], kernel, initrds: [], commandLine: [] })).toThrow(TypeError);
  });

  test("refuses a lone hyphen, which would mean no command line", () => {
    expect(() => printPxelinux({ say: [], kernel: "k", initrds: [], commandLine: ["-"] })).toThrow(TypeError);
    expect(printPxelinux({ say: [], kernel: "k", initrds: ["i"], commandLine: ["-"] })).toContain(
      "APPEND - initrd=i\n",
    );
  });

  test("a notice keeps to its lines, whatever it quotes", () => {
    const text = printPxelinuxNotice(["HTTP 404 for x\nDEFAULT evil\r\n\u001b[2J"]);
    expect(text.split("\n")[0]).toBe("SAY HTTP 404 for x?DEFAULT evil???[2J");
    expect(directives(text).map(([keyword]) => keyword)).toEqual([
      ...["SAY", "PROMPT", "TIMEOUT", "DEFAULT", "LABEL", "LOCALBOOT"],
    ]);
  });
});
