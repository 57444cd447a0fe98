import { describe, expect, expectTypeOf, test } from "vitest";
import * as z from "zod";
import { command } from "./command.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const { signal } = new AbortController();

/** Parses a command line and returns what the command was given. */
async function parse(...argv: string[]) {
  let given: unknown;
  const boot = command({
    name: "boot",
    summary: "Boot a machine",
    positionals: [
      { name: "site", describe: "A site", optional: true },
      { name: "machines", describe: "Some machines", optional: true, many: true },
    ],
    flags: z.strictObject({
      lane: z.enum(["bios-pxe", "uefi-pxe"]).default("bios-pxe").describe("The way in"),
      runs: z.coerce.number().int().min(1).default(1).describe("How many boots"),
      json: z.boolean().default(false).describe("Print facts"),
      keepGoing: z.boolean().default(true).describe("Go on after a failure"),
      image: z.string().optional().describe("What to boot"),
      append: z.array(z.string()).default([]).describe("Words for the kernel"),
    }),
    run({ flags, args }) {
      expectTypeOf(args.site).toEqualTypeOf<string | undefined>();
      expectTypeOf(args.machines).toEqualTypeOf<readonly string[]>();
      expectTypeOf(flags.lane).toEqualTypeOf<"bios-pxe" | "uefi-pxe">();
      given = { flags, args };
      return Promise.resolve(7);
    },
  });
  expect(await boot.main(argv, recordingTerminal(), signal)).toBe(7);
  return given as { flags: Record<string, unknown>; args: Record<string, unknown> };
}

const defaults = { lane: "bios-pxe", runs: 1, json: false, keepGoing: true, append: [] };

describe("a command line", () => {
  test("without flags has the defaults of the schema", async () => {
    expect(await parse()).toEqual({ flags: defaults, args: { site: undefined, machines: [] } });
  });

  test.each<[string, string[], object]>([
    ["a value behind a space", ["--image", "rescue"], { image: "rescue" }],
    ["a value behind an equals sign", ["--image=--odd"], { image: "--odd" }],
    ["a number", ["--runs", "3"], { runs: 3 }],
    ["a choice", ["--lane=uefi-pxe"], { lane: "uefi-pxe" }],
    ["a switch", ["--json"], { json: true }],
    ["a switch turned off", ["--no-keep-going"], { keepGoing: false }],
    ["a repeated flag", ["--append", "a", "--append=b"], { append: ["a", "b"] }],
    ["a flag given twice: the last counts", ["--runs", "2", "--runs", "4"], { runs: 4 }],
  ])("may hold %s", async (_, argv, flags) => {
    expect((await parse(...argv)).flags).toEqual({ ...defaults, ...flags });
  });

  test("may mix words and flags, and ends flags with two dashes", async () => {
    expect(await parse("netsoc", "--json", "shoe", "--", "--json")).toEqual({
      flags: { ...defaults, json: true },
      args: { site: "netsoc", machines: ["shoe", "--json"] },
    });
  });

  test.each([
    ["an unknown flag", ["--lan", "x"], "there is no flag `--lan`", "did you mean `--lane`?"],
    ["an unknown short flag", ["-x"], "there is no flag `-x`", /^there is `--lane`, .*`--help`$/],
    [
      "a choice that is none",
      ["--lane", "bios"],
      "`--lane bios`: not one of bios-pxe, uefi-pxe",
      /`bios-pxe`/,
    ],
    ["a number that is none", ["--runs", "two"], "`--runs two`: not a number", "How many boots"],
    ["an empty number", ["--runs="], "`--runs `: not a number", "How many boots"],
    ["a number out of range", ["--runs", "-1"], /^`--runs -1`: too small/, "How many boots"],
    ["a fraction", ["--runs", "1.5"], /^`--runs 1.5`: .*int/, "How many boots"],
    ["a flag without its value", ["--image"], "`--image` needs a value", "write `--image TEXT`"],
    [
      "a flag where a value should be",
      ["--image", "--json"],
      "`--image` needs a value",
      "write `--image=--json`",
    ],
    ["a switch with a value", ["--json=1"], "`--json` takes no value", "write `--json` or `--no-json`"],
    [
      "a flag that JavaScript knows",
      ["--constructor"],
      "there is no flag `--constructor`",
      expect.any(String),
    ],
    ["the flag __proto__", ["--__proto__=x"], "there is no flag `--__proto__`", expect.any(String)],
  ])("with %s is refused", async (_, argv, message, hint) => {
    await expect(parse(...argv)).rejects.toMatchObject({
      name: "DrybootError",
      code: "USAGE",
      exitCode: 2,
      where: "dryboot boot",
      message: typeof message === "string" ? message : expect.stringMatching(message),
      hint: hint instanceof RegExp ? expect.stringMatching(hint) : hint,
    });
  });
});

describe("words of a command line", () => {
  const explain = command({
    name: "explain",
    summary: "Say why",
    positionals: [{ name: "client", describe: "A MAC address" }],
    flags: z.strictObject({ file: z.string().describe("A capture") }),
    run: () => Promise.resolve(0),
  });

  test.each([
    ["a missing word", ["--file", "x"], "CLIENT is missing"],
    ["a word too many", ["--file", "x", "a", "b"], "`b` is one word too many"],
    ["a missing flag that has no default", ["a"], "`--file` is required"],
  ])("%s is refused", async (_, argv, message) => {
    const run = explain.main(argv, recordingTerminal(), signal);
    await expect(run).rejects.toMatchObject({ message, code: "USAGE", exitCode: 2 });
  });
});

test("help is shown, and nothing else checked, wherever --help stands", async () => {
  const terminal = recordingTerminal();
  const broken = command({
    name: "broken",
    summary: "Never runs",
    details: "More words.",
    positionals: [{ name: "site", describe: "Which site" }],
    flags: z.strictObject({
      apiKey: z.string().meta({ placeholder: "KEY" }).describe("A secret"),
      runs: z.number().default(2).describe("How many"),
      lane: z.enum(["a", "b"]).optional().describe("Which"),
      colour: z.boolean().default(true).describe("Plain text"),
      tag: z.array(z.string()).default([]).describe("A tag"),
    }),
    run: () => Promise.reject(new Error("ran")),
  });
  expect(await broken.main(["--runs", "x", "-h"], terminal, signal)).toBe(0);
  expect(terminal.stdout.join("\n")).toBe(`\
Never runs

Usage: dryboot broken SITE [flags]

Arguments:
  SITE  Which site

Flags:
  --api-key KEY  A secret (required)
  --runs N       How many (default: 2)
  --lane a|b     Which
  --no-colour    Plain text
  --tag TEXT     A tag (may be repeated)
  -h, --help     Show this text

More words.`);
});
