import { describe, expect, test } from "vitest";
import { DrybootError } from "../core/errors.ts";
import type { CommandEntry } from "./commands.ts";
import { commands } from "./commands.ts";
import { runProgram } from "./program.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const mendable = new DrybootError("no disk", { code: "NO_DISK", where: "here", hint: "add one" });

/** A program whose only command does as it is told. */
async function program(
  argv: string[],
  main: () => Promise<number> = () => Promise.resolve(0),
  aborted = false,
) {
  const boot: CommandEntry = {
    name: "boot",
    summary: "Boot a machine",
    load: () =>
      Promise.resolve({
        name: "boot",
        summary: "Boot a machine",
        usage: () => "usage of boot",
        main: () => main(),
      }),
  };
  const terminal = recordingTerminal();
  const stopping = new AbortController();
  if (aborted) stopping.abort();
  const code = await runProgram(argv, [boot], terminal, stopping.signal);
  return { code, stdout: terminal.stdout.join("\n"), stderr: terminal.stderr.join("\n") };
}

describe("the program", () => {
  test("shows help and fails when nothing is asked of it", async () => {
    const { code, stdout, stderr } = await program([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("boot  Boot a machine");
  });

  test.each([["--help"], ["-h"], ["help"]])("shows help for %s", async (word) => {
    const { code, stdout } = await program([word]);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: dryboot COMMAND");
  });

  test("shows a command's help for `help boot`", async () => {
    expect(await program(["help", "boot"])).toEqual({ code: 0, stdout: "usage of boot", stderr: "" });
  });

  test("names its version", async () => {
    expect((await program(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  test.each([
    [["boto"], "there is no command `boto`", "did you mean `boot`?"],
    [["help", "boto"], "there is no command `boto`", "did you mean `boot`?"],
    [["--versoin"], "there is no flag `--versoin` here", "did you mean `--version`?"],
  ])("refuses %j with the nearest names", async (argv, what, hint) => {
    const { code, stderr } = await program(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).toContain(hint);
  });

  test("returns the command's own code", async () => {
    expect((await program(["boot"], () => Promise.resolve(1))).code).toBe(1);
  });

  test("shows three lines for an error a person can mend", async () => {
    const { code, stderr } = await program(["boot"], () => Promise.reject(mendable));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "error: no disk\n  where: here\n  next:  add one  [NO_DISK]",
    });
  });

  test("judges by the first error when cleaning up fails too", async () => {
    const usage = new DrybootError("wrong", { code: "USAGE", where: "here", hint: "mend it", exitCode: 2 });
    const both = new SuppressedError(new Error("socket stuck"), usage);
    const { code, stderr } = await program(["boot"], () => Promise.reject(both));
    expect(code).toBe(2);
    expect(stderr).toMatch(/error: wrong.*socket stuck/s);
  });

  test("shows the stack of a bug", async () => {
    const { code, stderr } = await program(["boot"], () =>
      Promise.reject(new TypeError("x is not a function")),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^bug: TypeError: x is not a function\n\s+at /);
  });

  test("ends silently with 130 when it was stopped", async () => {
    const stopped = () => Promise.reject(new DOMException("stopped", "AbortError"));
    expect(await program(["boot"], stopped, true)).toEqual({ code: 130, stdout: "", stderr: "" });
  });

  test("still says what failed while it was being stopped", async () => {
    const { code, stderr } = await program(["boot"], () => Promise.reject(mendable), true);
    expect(code).toBe(130);
    expect(stderr).toContain("no disk");
  });
});

describe("the list of commands", () => {
  test.each(commands.map((entry) => [entry.name, entry] as const))(
    "tells the same of %s as the command",
    async (_, entry) => {
      const { name, summary, usage } = await entry.load();
      expect({ name, summary }).toEqual({ name: entry.name, summary: entry.summary });
      expect(usage()).toContain(`dryboot ${entry.name}`);
    },
  );
});
