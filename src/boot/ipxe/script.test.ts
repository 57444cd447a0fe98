import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Line } from "./script.ts";
import { printScript } from "./script.ts";
import { prose, wordProblem, wordsOf } from "./words.ts";

/** Reads a script as iPXE does: lines, continuations, white space, comments, operators. Returns the commands of each line. */
function readAsIpxe(script: string): string[][][] {
  const lines = script.replaceAll("\r\n", "\n").replaceAll("\\\n", "").split("\n");
  return lines.map((line) => {
    const words = line.split(/[ \t\v\f\r]+/).filter((word) => word !== "");
    const comment = words.findIndex((word) => word.startsWith("#"));
    const commands: string[][] = [[]];
    for (const word of comment === -1 ? words : words.slice(0, comment)) {
      if (["||", "&&", ";"].includes(word)) commands.push([]);
      else commands.at(-1)?.push(word);
    }
    return commands;
  });
}

const body = (...lines: Line[]) => printScript(lines).split("\n").slice(1, -1);

describe("an iPXE script", () => {
  test("begins with its magic and ends each line", () => {
    expect(printScript([{ label: "start" }, { run: { do: "boot" } }])).toBe("#!ipxe\n:start\nboot\n");
  });

  test("goes elsewhere when a command fails, and on when a condition does not hold", () => {
    expect(
      body(
        {
          run: { do: "initrd", name: "a.img", url: "http://h/a" },
          otherwise: { do: "goto", label: "failed" },
        },
        { when: { do: "iseq", left: [{ setting: "n" }], right: "3" }, run: { do: "exit", status: 1 } },
      ),
    ).toEqual(["initrd --name a.img http://h/a || goto failed", "iseq $" + "{n} 3 && exit 1 ||"]);
  });

  test("lets a menu's title begin as an option does", () => {
    expect(printScript([{ run: { do: "menu", title: ["---", "Boot"] } }])).toBe("#!ipxe\nmenu -- --- Boot\n");
  });

  test("leaves what looks like an option to the kernel, behind the address", () => {
    const commandLine = ["--name", "x", "---", "-q"];
    expect(body({ run: { do: "kernel", name: "k", url: "http://h/k", commandLine } })).toEqual([
      "kernel --name k http://h/k --name x --- -q",
    ]);
  });

  test.each<[string, Line]>([
    ["an address that is an option", { run: { do: "initrd", name: "a", url: "--autofree" } }],
    ["a sentence that is an option", { run: { do: "echo", text: ["-n", "a"] } }],
    ["a name with a space", { run: { do: "initrd", name: "a b", url: "http://h/a" } }],
    ["a label with a line break", { label: "a\nexit" }],
    ["a jump out of the line", { run: { do: "goto", label: "a || shell" } }],
    ["a setting's name that ends it", { run: { do: "set", setting: "a} ${b", value: ["c"] } }],
    ["half a second", { run: { do: "sleep", seconds: 0.5 } }],
    ["an address with a space", { run: { do: "initrd", name: "a", url: "http://h/a && shell" } }],
  ])("refuses %s", (_, line) => expect(() => printScript([line])).toThrow(TypeError));

  const nasty = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom(
        "|",
        "&",
        ";",
        "#",
        "\\",
        "$",
        "{",
        "}",
        '"',
        "'",
        " ",
        "\n",
        "\r",
        ":",
        "-",
        "a",
      ),
    }),
  );

  test("says what it was told to and nothing else, whatever a kernel command line holds", () => {
    fc.assert(
      fc.property(nasty, (commandLine) => {
        const words = wordsOf(commandLine);
        const line: Line = {
          run: { do: "kernel", name: "kernel", url: "http://h/k", commandLine: words },
          otherwise: { do: "goto", label: "failed" },
        };
        if (words.some((word) => wordProblem(word) !== undefined)) {
          expect(() => printScript([line])).toThrow(TypeError);
          return;
        }
        expect(readAsIpxe(printScript([line]))).toEqual([
          [[]],
          [
            ["kernel", "--name", "kernel", "http://h/k", ...words],
            ["goto", "failed"],
          ],
          [[]],
        ]);
        expect(printScript([line])).not.toContain("${");
      }),
      { numRuns: 2000 },
    );
  });

  test("echoes any sentence on one line", () => {
    fc.assert(
      fc.property(nasty, (sentence) => {
        const text = ["dryboot:", ...prose(sentence)];
        const script = printScript([{ run: { do: "echo", text } }]);
        expect(readAsIpxe(script)).toEqual([[[]], [["echo", ...text]], [[]]]);
        expect(script).not.toContain("${");
      }),
      { numRuns: 2000 },
    );
  });
});
