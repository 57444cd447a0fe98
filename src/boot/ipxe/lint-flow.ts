import { nearest } from "../../core/nearest.ts";
import { endlessCircles } from "./flow.ts";
import type { ParsedScript } from "./parse.ts";
import { readCommand } from "./parse.ts";
import type { ScriptFinding, ScriptRule } from "./script-rule.ts";

const labelsOf = ({ lines }: ParsedScript) => lines.flatMap(({ label }) => label ?? []);
const wordsIn = ({ lines }: ParsedScript) =>
  lines.flatMap(({ number, commands }) => commands.map(({ words }) => ({ line: number, words })));

function notThere(line: number, label: string, labels: readonly string[]): ScriptFinding {
  const [near] = nearest(label, labels);
  return {
    line,
    says: `there is no label ${label}`,
    fix: near === undefined ? `write :${label} where it should go on` : `did you mean ${near}?`,
  };
}

const missingLabel: ScriptRule = {
  id: "script-label-missing",
  severity: "error",
  title: "A jump to a label that is not there",
  why: "iPXE takes the jump for failed, and says nothing in 1.0.0: without `||` the script ends there.",
  check: ({ script }) => {
    const labels = labelsOf(script);
    return wordsIn(script).flatMap(({ line, words: [name, label] }) =>
      name !== "goto" || label === undefined || label.includes("${") || labels.includes(label)
        ? []
        : [notThere(line, label, labels)],
    );
  },
};

const itemLabel: ScriptRule = {
  id: "script-item-label-missing",
  severity: "error",
  title: "An item of a menu whose label is not there",
  why: "The menu is followed by a `goto` to what was picked: whoever picks this item ends the script.",
  check: ({ script }) => {
    const labels = labelsOf(script);
    const jumps = wordsIn(script).some(
      ({ words: [name, label = ""] }) => name === "goto" && label.includes("${"),
    );
    if (!jumps) return [];
    return wordsIn(script).flatMap(({ line, words }) => {
      const read = words[0] === "item" ? readCommand(words) : undefined;
      const [label] = read && !read.options.has("gap") ? read.rest : [];
      return label === undefined || label.includes("${") || labels.includes(label)
        ? []
        : [notThere(line, label, labels)];
    });
  },
};

const labelTwice: ScriptRule = {
  id: "script-label-twice",
  severity: "error",
  title: "A label that is there twice",
  why: "iPXE jumps to the first one: the second is never reached by name.",
  check: ({ script }) => {
    const seen = new Set<string>();
    return script.lines.flatMap(({ number, label }): ScriptFinding[] => {
      if (label === undefined) return [];
      if (seen.has(label))
        return [{ line: number, says: `${label} is a label already`, fix: "call it otherwise" }];
      seen.add(label);
      return [];
    });
  },
};

const keyTwice: ScriptRule = {
  id: "script-key-twice",
  severity: "warning",
  title: "Two items of a menu with one key",
  why: "iPXE takes the first of them, whichever was meant: the other can only be reached by the arrows.",
  check: ({ script }) => {
    let keys = new Set<string>();
    return wordsIn(script).flatMap(({ line, words }): ScriptFinding[] => {
      if (words[0] === "menu") keys = new Set();
      const key = words[0] === "item" ? readCommand(words)?.options.get("key") : undefined;
      if (key === undefined || key.includes("${")) return [];
      if (keys.has(key))
        return [{ line, says: `${key} is the key of an item before`, fix: "take another key" }];
      keys.add(key);
      return [];
    });
  },
};

const endless: ScriptRule = {
  id: "script-endless",
  severity: "warning",
  title: "Lines that go round for ever, without a pause or a count",
  why: "A machine that nobody looks after asks the server as fast as it can and never gives up: it neither boots something else nor is it seen to have failed.",
  check: ({ flow }) =>
    endlessCircles(flow).map((circle) => ({
      line: circle[0]?.number ?? 1,
      says: `the lines ${[...new Set(circle.map(({ number }) => number))].join(", ")} go round without an end`,
      fix: "count with inc, leave when iseq finds the last attempt, and sleep in between",
    })),
};

const unreachable: ScriptRule = {
  id: "script-unreachable",
  severity: "info",
  title: "Lines that nothing leads to",
  why: "What stands behind a jump or a boot and has no label is never run.",
  check: ({ flow }) =>
    flow.lines.flatMap(({ number, commands, label }, index): ScriptFinding[] => {
      const before = index > 0 && flow.reachable.has(index - 1);
      if (flow.reachable.has(index) || (commands.length === 0 && label === undefined) || !before) return [];
      return [
        { line: number, says: "nothing leads here", fix: "take it out, or give it a label and jump to it" },
      ];
    }),
};

const fallsOff: ScriptRule = {
  id: "script-falls-off",
  severity: "info",
  title: "The script may come to its end without having booted anything",
  why: "iPXE then goes on to its next boot device, or starts over, and does not say why.",
  check: ({ flow }) =>
    flow.reachable.has(flow.end)
      ? [
          {
            line: flow.lines.at(-1)?.number ?? 1,
            says: "the script ends behind this line",
            fix: "say so with echo, and end it on purpose: exit, reboot or shell with goto",
          },
        ]
      : [],
};

export const flowRules: readonly ScriptRule[] = [
  missingLabel,
  itemLabel,
  labelTwice,
  keyTwice,
  endless,
  unreachable,
  fallsOff,
];
