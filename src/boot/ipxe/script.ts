import type { Word } from "./words.ts";
import { printWord } from "./words.ts";

/** The commands our scripts are made of. All of them exist in iPXE 1.0.0 as Debian 12 ships it. */
export type Command = Readonly<
  | { do: "echo"; text: readonly Word[] }
  | { do: "set"; setting: string; value: readonly Word[] }
  | { do: "inc"; setting: string }
  | { do: "iseq"; left: Word; right: Word }
  | { do: "kernel"; name: string; url: string; commandLine: readonly Word[] }
  | { do: "initrd"; name: string; url: string }
  /** Succeeds when the key is pressed, any key where none is named. */
  | { do: "prompt"; key?: string; timeoutMs: number; text: readonly Word[] }
  /** In the place of this script, whose images are let go. */
  | { do: "chain"; url: string }
  | { do: "goto"; label: string }
  | { do: "sleep"; seconds: number }
  | { do: "exit"; status: number }
  | { do: "boot" | "imgfree" | "shell" }
>;

/** One line. A command that fails without `otherwise` ends the script, so failing is always written out. */
export type Line = Readonly<
  | { label: string }
  | { run: Command; otherwise?: Command }
  /** Runs only when the condition holds; the script goes on either way. */
  | { when: Command; run: Command }
>;

/** The script as iPXE downloads it. */
export function printScript(lines: readonly Line[]): string {
  return `${["#!ipxe", ...lines.map(printLine)].join("\n")}\n`;
}

function printLine(line: Line): string {
  if ("label" in line) return `:${plainName(line.label)}`;
  // An empty command succeeds: the bare `||` keeps an unmet condition from ending the script.
  if ("when" in line) return `${printCommand(line.when)} && ${printCommand(line.run)} ||`;
  const run = printCommand(line.run);
  return line.otherwise ? `${run} || ${printCommand(line.otherwise)}` : run;
}

function printCommand(command: Command): string {
  return [command.do, ...argumentsOf(command).map(printWord)].join(" ");
}

function argumentsOf(command: Command): readonly Word[] {
  switch (command.do) {
    case "echo":
      return afterOptions(command.text);
    case "set":
      return [settingName(command.setting), ...command.value];
    case "inc":
      return [settingName(command.setting)];
    case "iseq":
      return afterOptions([command.left, command.right]);
    case "kernel":
      // iPXE reads options up to the first word that is none: `-x` and `---` behind the URL are the kernel's.
      return ["--name", plainName(command.name), ...afterOptions([command.url]), ...command.commandLine];
    case "initrd":
      return ["--name", plainName(command.name), ...afterOptions([command.url])];
    case "prompt":
      return [
        ...(command.key === undefined ? [] : ["--key", plainName(command.key)]),
        "--timeout",
        whole(command.timeoutMs),
        ...afterOptions(command.text),
      ];
    case "chain":
      return ["--replace", "--autofree", ...afterOptions([command.url])];
    case "goto":
      return [plainName(command.label)];
    case "sleep":
      return [whole(command.seconds)];
    case "exit":
      return [whole(command.status)];
    case "boot":
    case "imgfree":
    case "shell":
      return [];
  }
}

/** Words at a place where iPXE still looks for options. */
function afterOptions(words: readonly Word[]): readonly Word[] {
  const [first = ""] = words;
  const start = typeof first === "string" ? first : first[0];
  if (typeof start === "string" && start.startsWith("-")) {
    throw new TypeError(`iPXE script: ${JSON.stringify(start)} would be read as an option`);
  }
  return words;
}

function plainName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) return name;
  throw new TypeError(`iPXE script: ${JSON.stringify(name)} is not a plain name`);
}

function settingName(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9/:._-]*$/.test(name)) return name;
  throw new TypeError(`iPXE script: ${JSON.stringify(name)} is not the name of a setting`);
}

function whole(amount: number): string {
  if (Number.isSafeInteger(amount) && amount >= 0) return String(amount);
  throw new TypeError(`iPXE script: ${amount} is not a whole number`);
}
