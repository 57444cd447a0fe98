import type { Setting, Word } from "./words.ts";
import { printWord } from "./words.ts";

/**
 * The commands our scripts are made of. All of them exist in iPXE 1.0.0 as Debian 12 ships it, but for `console` and
 * `poweroff`, which fail there as commands that do not exist: they never stand without an `otherwise`.
 */
export type Command = Readonly<
  | { do: "echo"; text: readonly Word[] }
  | { do: "set"; setting: string; value: readonly Word[] }
  | { do: "clear"; setting: string }
  | { do: "inc"; setting: string; by?: number }
  /** What a person types on a line of his own; Enter ends it. */
  | { do: "read"; setting: string }
  | { do: "iseq"; left: Word; right: Word }
  /** Fails on what is not set, and on what is empty. */
  | { do: "isset"; value: Word }
  | { do: "kernel"; name: string; url: string; commandLine: readonly Word[] }
  | { do: "initrd"; name: string; url: string }
  /** Succeeds when the key is pressed, any key where none is named; on another one it ends at once. */
  | { do: "prompt"; key?: string; timeoutMs: number | Word; text: readonly Word[] }
  /** Begins a menu, to which what follows is added until it is shown. */
  | { do: "menu"; title: readonly Word[] }
  | { do: "item"; label: string; key?: string; text: readonly Word[] }
  /** A line of a menu that cannot be chosen. */
  | { do: "gap"; text: readonly Word[] }
  /** Shows the menu and keeps the label of what is chosen; fails on Escape. A time of 0 waits for ever. */
  | { do: "choose"; setting: string; preselected?: Word; timeoutMs?: number | Word }
  /** In the place of this script, whose images are let go; with `andReturn` it goes on when what was chained ends. */
  | { do: "chain"; url: Word; andReturn?: true }
  | { do: "goto"; label: string | Setting }
  | { do: "sleep"; seconds: number | Word }
  | { do: "exit"; status: number }
  /** A disk of the machine as the BIOS counts them. */
  | { do: "sanboot"; drive: number }
  | { do: "console"; width: number; height: number }
  | { do: "boot" | "dhcp" | "ifstat" | "imgfree" | "poweroff" | "reboot" | "route" | "shell" }
>;

/**
 * One line. A command that fails without `otherwise` ends the script, so failing is always written out: what is tried
 * instead, one after the other, or that it does not matter.
 */
export type Line = Readonly<
  | { label: string }
  | { run: Command; otherwise?: Command | readonly Command[] | "nothing" }
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
  const { run, otherwise } = line;
  if (otherwise === "nothing") return `${printCommand(run)} ||`;
  return [run, ...(otherwise === undefined ? [] : [otherwise].flat())].map(printCommand).join(" || ");
}

function printCommand(command: Command): string {
  const name = command.do === "gap" ? "item" : command.do;
  return [name, ...argumentsOf(command).map(printWord)].join(" ");
}

function argumentsOf(command: Command): readonly Word[] {
  switch (command.do) {
    case "echo":
      return afterOptions(command.text);
    case "set":
      return [settingName(command.setting), ...command.value];
    case "clear":
    case "read":
      return [settingName(command.setting)];
    case "inc":
      return [settingName(command.setting), ...(command.by === undefined ? [] : [whole(command.by)])];
    case "iseq":
      return afterOptions([command.left, command.right]);
    case "isset":
      return afterOptions([command.value]);
    case "kernel":
      // iPXE reads options up to the first word that is none: `-x` and `---` behind the URL are the kernel's.
      return ["--name", plainName(command.name), ...afterOptions([command.url]), ...command.commandLine];
    case "initrd":
      return ["--name", plainName(command.name), ...afterOptions([command.url])];
    case "prompt":
      return [
        ...option("key", command.key && plainKey(command.key)),
        ...option("timeout", amount(command.timeoutMs)),
        ...afterOptions(command.text),
      ];
    case "chain":
      return [...(command.andReturn ? [] : ["--replace"]), "--autofree", ...afterOptions([command.url])];
    case "goto": {
      const { label } = command;
      return [typeof label === "string" ? plainName(label) : [label]];
    }
    case "sleep":
      return [amount(command.seconds)];
    case "exit":
      return [whole(command.status)];
    case "sanboot":
      return ["--no-describe", "--drive", `0x${command.drive.toString(16)}`];
    case "console":
      return ["--x", whole(command.width), "--y", whole(command.height)];
    case "menu":
    case "item":
    case "gap":
    case "choose":
      return menuArguments(command);
    default:
      return [];
  }
}

type MenuCommand = Extract<Command, { do: "menu" | "item" | "gap" | "choose" }>;

function menuArguments(command: MenuCommand): readonly Word[] {
  switch (command.do) {
    case "menu":
      return endingOptions(command.title);
    case "item":
      // Behind the label nothing is an option any more.
      return [
        ...option("key", command.key && plainKey(command.key)),
        plainName(command.label),
        ...command.text,
      ];
    case "gap":
      return ["--gap", ...(command.text.length === 0 ? [] : ["--", ...command.text])];
    case "choose":
      return [
        ...option("default", command.preselected),
        ...option("timeout", command.timeoutMs === undefined ? undefined : amount(command.timeoutMs)),
        settingName(command.setting),
      ];
  }
}

function option(name: string, value: Word | undefined): readonly Word[] {
  return value === undefined ? [] : [`--${name}`, value];
}

/** Words at a place where iPXE still looks for options. */
function afterOptions(words: readonly Word[]): readonly Word[] {
  const option = optionIn(words);
  if (option === undefined) return words;
  throw new TypeError(`iPXE script: ${JSON.stringify(option)} would be read as an option`);
}

/** The same where people choose the words: a title such as `--- Boot ---` is one. */
function endingOptions(words: readonly Word[]): readonly Word[] {
  return optionIn(words) === undefined ? words : ["--", ...words];
}

function optionIn([first = ""]: readonly Word[]): string | undefined {
  const start = typeof first === "string" ? first : first[0];
  return typeof start === "string" && start.startsWith("-") ? start : undefined;
}

function plainName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) return name;
  throw new TypeError(`iPXE script: ${JSON.stringify(name)} is not a plain name`);
}

/** One letter or digit: iPXE reads anything longer as the number of a key. */
function plainKey(key: string): string {
  if (/^[a-z0-9]$/.test(key)) return key;
  throw new TypeError(`iPXE script: ${JSON.stringify(key)} is not a key of a letter or a digit`);
}

function settingName(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9/:._-]*$/.test(name)) return name;
  throw new TypeError(`iPXE script: ${JSON.stringify(name)} is not the name of a setting`);
}

function amount(given: number | Word): Word {
  return typeof given === "number" ? whole(given) : given;
}

function whole(given: number): string {
  if (Number.isSafeInteger(given) && given >= 0) return String(given);
  throw new TypeError(`iPXE script: ${given} is not a whole number`);
}
