import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseScript, printParsed, readCommand, settingsIn } from "./parse.ts";
import type { Command, Line } from "./script.ts";
import { printScript } from "./script.ts";
import type { Word } from "./words.ts";
import { wordProblem } from "./words.ts";

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const text = fc.string({ minLength: 1, maxLength: 12 }).filter((each) => wordProblem(each) === undefined);
const setting = name.map((each) => ({ setting: each }));
const word: fc.Arbitrary<Word> = fc.oneof(
  text,
  fc
    .tuple(
      text.filter((each) => !each.endsWith("$") && !each.endsWith("\\")),
      setting,
    )
    .map(([before, each]) => [before, each]),
  setting.map((each) => [each]),
);
const plain = word.filter((each) => !(typeof each === "string" ? each : String(each[0])).startsWith("-"));
const words = fc.array(word, { maxLength: 4 });
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.tuple(plain, words).map(([first, rest]) => ({ do: "echo" as const, text: [first, ...rest] })),
  fc.tuple(name, words).map(([each, value]) => ({ do: "set" as const, setting: each, value })),
  name.map((each) => ({ do: "inc" as const, setting: each })),
  fc.tuple(plain, plain).map(([left, right]) => ({ do: "iseq" as const, left, right })),
  plain.map((value) => ({ do: "isset" as const, value })),
  fc.tuple(name, name, words).map(([each, file, commandLine]) => ({
    do: "kernel" as const,
    name: each,
    url: `http://h/${file}`,
    commandLine,
  })),
  fc.tuple(name, words).map(([label, each]) => ({ do: "item" as const, label, key: "k", text: each })),
  words.map((each) => ({ do: "gap" as const, text: each })),
  name.map((each) => ({ do: "choose" as const, setting: each, preselected: "a", timeoutMs: 5000 })),
  name.map((label) => ({ do: "goto" as const, label })),
  fc.nat(1000).map((seconds) => ({ do: "sleep" as const, seconds })),
  fc.constantFrom({ do: "boot" as const }, { do: "shell" as const }, { do: "dhcp" as const }),
);
const line: fc.Arbitrary<Line> = fc.oneof(
  name.map((label) => ({ label })),
  command.map((run) => ({ run })),
  fc.tuple(command, fc.array(command, { maxLength: 3 })).map(([run, otherwise]) => ({ run, otherwise })),
  fc.tuple(command, command).map(([when, run]) => ({ when, run })),
  command.map((run) => ({ run, otherwise: "nothing" as const })),
);

describe("a script that is read", () => {
  test("is printed as it was, whatever we wrote", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const printed = printScript(lines);
        const parsed = parseScript(printed);
        expect(parsed.lines).toHaveLength(lines.length);
        expect(printParsed(parsed)).toBe(printed);
      }),
      { numRuns: 2000 },
    );
  });

  test("has the commands that we meant, with their options", () => {
    fc.assert(
      fc.property(command, (given) => {
        const [read] = parseScript(printScript([{ run: given }])).lines;
        const known = readCommand(read?.commands[0]?.words ?? []);
        expect(known).toMatchObject({ name: given.do === "gap" ? "item" : given.do, problems: [] });
      }),
      { numRuns: 2000 },
    );
  });

  test("comes to one spelling, whoever wrote it, and does not throw", () => {
    const unit = fc.constantFrom(..."|&;#:\\{}$ \t\r\nab-", "goto ", "#!ipxe\n", "||");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 80 }), (given) => {
        const once = printParsed(parseScript(given));
        expect(printParsed(parseScript(once))).toBe(once);
      }),
      { numRuns: 5000 },
    );
  });

  test("knows labels, operators, comments and continued lines", () => {
    expect(parseScript("#!ipxe\n:a # here\ndhcp \\\n  || goto a ; echo b # no\n")).toEqual({
      magic: true,
      lines: [
        { number: 2, label: "a", commands: [], comment: "# here" },
        {
          number: 3,
          commands: [
            { words: ["dhcp"] },
            { operator: "||", words: ["goto", "a"] },
            { operator: ";", words: ["echo", "b"] },
          ],
          comment: "# no",
        },
      ],
    });
  });

  test.each([
    ["prompt --key 0x20 --timeout=5000 -- -x", { key: "0x20", timeout: "5000" }, ["-x"]],
    ["prompt -k a -t5000 hello", { key: "a", timeout: "5000" }, ["hello"]],
    ["item --gap -- ---", { gap: "" }, ["---"]],
    ["chain --replace --autofree http://h/x", { replace: "", autofree: "" }, ["http://h/x"]],
  ])("%s", (given, options, rest) => {
    const read = readCommand(given.split(" "));
    expect([Object.fromEntries(read?.options ?? []), read?.rest]).toEqual([options, rest]);
  });

  test("names the settings of a word, those inside of others too", () => {
    const inner = "$" + "{net$" + "{n}/mac}";
    expect(settingsIn(inner)).toEqual(["n", "net$" + "{n}/mac"]);
    expect(settingsIn("a$" + "{b")).toBeUndefined();
  });
});
