import type { ScriptLine } from "./parse.ts";
import { readCommand, settingsIn } from "./parse.ts";
import type { ScriptFinding, ScriptRule } from "./script-rule.ts";

/** Every word of every command that `finds` has something to say about. */
function perWord(
  lines: readonly ScriptLine[],
  finds: (word: string) => Omit<ScriptFinding, "line"> | undefined,
): ScriptFinding[] {
  return lines.flatMap(({ number, commands }) =>
    commands.flatMap(({ words }) =>
      words.flatMap((word) => {
        const found = finds(word);
        return found ? [{ line: number, ...found }] : [];
      }),
    ),
  );
}

const magic: ScriptRule = {
  id: "script-no-magic",
  severity: "error",
  title: "The script does not begin with `#!ipxe`",
  why: "iPXE knows a script by its first line. Without it the file is no image that it can run: `Exec format error`.",
  check: ({ script }) =>
    script.magic
      ? []
      : [
          {
            line: 1,
            says: "the first line is not #!ipxe",
            fix: "begin the file with #!ipxe, nothing in front of it",
          },
        ],
};

const glued: ScriptRule = {
  id: "script-operator-glued",
  severity: "error",
  title: "`||`, `&&` or `;` without blanks around it",
  why: "iPXE knows an operator only as a word of its own. `goto a||goto b` jumps to a label called `a||goto`.",
  check: ({ script }) =>
    perWord(script.lines, (word) =>
      /^[^$]*(\|\||&&)/.test(word) && !/:\/\//.test(word)
        ? {
            says: `${word} holds an operator that iPXE takes for letters`,
            fix: "put a blank before and behind it",
          }
        : undefined,
    ),
};

const quotes: ScriptRule = {
  id: "script-quotes",
  severity: "warning",
  title: "Quotes around words",
  why: "iPXE has no quoting: the quotes become part of the value, and blanks divide words inside them too.",
  check: ({ script }) =>
    perWord(script.lines, (word) =>
      /^["']/.test(word) || (/["']$/.test(word) && !word.includes("="))
        ? { says: `${word} holds a quote that stays in the value`, fix: "leave the quotes out" }
        : undefined,
    ).filter(({ line }) => {
      const about = script.lines.find(({ number }) => number === line)?.commands[0]?.words[0] ?? "";
      return !["echo", "item", "menu", "prompt", "kernel", "imgargs", "initrd"].includes(about);
    }),
};

const unclosed: ScriptRule = {
  id: "script-setting-unclosed",
  severity: "error",
  title: "A setting that is not closed in the same word",
  why: "iPXE divides a line into words before it looks for settings: a blank inside of the braces ends it.",
  check: ({ script }) =>
    perWord(script.lines, (word) =>
      settingsIn(word) === undefined
        ? {
            says: `${word} opens a setting and does not close it`,
            fix: "close it with } and leave out blanks",
          }
        : undefined,
    ),
};

const afterLabel: ScriptRule = {
  id: "script-words-after-label",
  severity: "error",
  title: "Words behind a label",
  why: "iPXE runs what follows a label on its line as a command (tried with 1.0.0 and 2.0.0).",
  check: ({ script }) =>
    script.lines.flatMap(({ number, label, commands: [first] }) =>
      label === undefined || first === undefined || readCommand(first.words)
        ? []
        : [
            {
              line: number,
              says: `"${first.words.join(" ")}" behind the label ${label} is run as a command`,
              fix: "put a # in front of it",
            },
          ],
    ),
};

/** What the firmware, the DHCP server or a person wrote, and may hold anything. */
const freeText =
  /^(?:[a-z0-9]+\/)*(?:asset|board-serial|domain|filename|hostname|manufacturer|product|root-path|serial|user-class|username|password)(?::string)?$/i;
const commandsWithAddress = new Set([
  "chain",
  "imgfetch",
  "initrd",
  "kernel",
  "module",
  "imgload",
  "imgselect",
]);

const uristring: ScriptRule = {
  id: "script-uristring",
  severity: "warning",
  title: "A text of others in an address, without `:uristring`",
  why: "A serial number or a product's name may hold blanks, `&`, `#` or `?`: the address then ends there, or asks for something else. `:uristring` behind its name encodes them.",
  check: ({ script }) =>
    script.lines.flatMap(({ number, commands }) =>
      commands.flatMap(({ words }): ScriptFinding[] => {
        const read = readCommand(words);
        if (!read || !commandsWithAddress.has(read.name)) return [];
        const [address = ""] = read.rest;
        const path = /^(?:[a-z]+:\/\/[^/]*|[^/?]*)[/?](.*)$/.exec(address)?.[1] ?? "";
        return (settingsIn(path) ?? [])
          .filter((name) => freeText.test(name))
          .map((name) => ({
            line: number,
            says: `\${${name}} stands in an address as it is`,
            fix: `write \${${name.replace(/:string$/, "")}:uristring}`,
          }));
      }),
    ),
};

export const wordRules: readonly ScriptRule[] = [magic, glued, quotes, unclosed, afterLabel, uristring];
