import { describe, expect, test } from "vitest";
import { lintScript } from "./lint-script.ts";

/** The ids of what is found, each with its line. */
const found = (lines: string) =>
  lintScript(`#!ipxe\n${lines.replaceAll("@{", "$" + "{")}\nexit 0\n`).map(
    ({ rule, line }) => `${line} ${rule.id}`,
  );

describe("lint of an iPXE script", () => {
  test("finds nothing in a script that minds everything", () => {
    const script = `
set n:int32 0
:start
inc n
dhcp || goto failed
kernel --name vmlinuz http://h/vmlinuz?serial=\${serial:uristring} initrd=initrd.img || goto failed
initrd --name initrd.img http://h/initrd.img || goto failed
boot || goto failed
:failed
iseq \${n} 10 && goto given-up ||
sleep 5
goto start
:given-up
poweroff ||
`;
    expect(found(script).filter((each) => !each.includes("not-in-release"))).toEqual([]);
  });

  test.each([
    ["a word misspelt", "kernal http://h/k || shell", ["2 script-command-unknown"]],
    ["1.0.0 without its poweroff", "poweroff", ["2 script-command-not-in-release", "3 script-unreachable"]],
    [
      "an option of newer releases",
      "choose --retimeout 5000 x || exit 1",
      ["2 script-command-not-in-release"],
    ],
    ["a command that is in no package", "imgverify a b || exit 1", ["2 script-command-not-in-release"]],
    ["an option that is none", "chain --fast http://h/x || exit 1", ["2 script-option-unknown"]],
    ["an option behind the address is the kernel's", "kernel http://h/k --fast || exit 1", []],
    ["a value that is missing", "prompt --timeout || exit 1", ["2 script-option-unknown"]],
    ["too few words", "iseq a ||", ["2 script-arguments"]],
    ["too many", "sleep 1 2", ["2 script-arguments"]],
    ["what fails unsaid", "dhcp", ["2 script-failure-ends"]],
    ["what is left to `;`", "dhcp ; echo on", []],
    ["a condition that ends the script", "iseq a b && goto x\n:x", ["2 script-condition-ends"]],
    ["a condition that does not", "iseq a b && goto x ||\n:x", []],
    ["a label that is not there", "goto strat\n:start", ["2 script-label-missing", "3 script-unreachable"]],
    ["a label twice", ":a\n:a", ["3 script-label-twice"]],
    ["words behind a label", ":a please", ["2 script-words-after-label"]],
    ["a comment behind a label", ":a # please", []],
    [
      "an operator without blanks",
      "goto a||goto b\n:a\n:b",
      ["2 script-operator-glued", "2 script-arguments", "2 script-label-missing", "3 script-unreachable"],
    ],
    ["quotes", 'set a "b c"', ["2 script-quotes", "2 script-quotes"]],
    ["quotes that the kernel wants", 'kernel http://h/k dyndbg="file x +p" || exit 1', []],
    ["a setting that is not closed", "echo @{net0/mac", ["2 script-setting-unclosed"]],
    ["text of others in an address", "chain http://h/b?p=@{product} || exit 1", ["2 script-uristring"]],
    ["a server of DHCP's in an address", "chain http://@{next-server}/b?mac=@{net0/mac} || exit 1", []],
    ["five milliseconds", "prompt --timeout 5 hello ||", ["2 script-time-unit"]],
    [
      "an initrd without a name",
      "kernel http://h/k quiet || exit 1\ninitrd http://h/i || exit 1",
      ["2 script-initrd-unnamed"],
    ],
    [
      "an item that leads nowhere",
      "menu m\nitem a A\nitem b B\nchoose x || exit 1\ngoto @{x}\n:a",
      ["4 script-item-label-missing"],
    ],
    [
      "one key for two",
      "menu m\nitem --key a a A\nitem --key a b B\nchoose x || exit 1",
      ["4 script-key-twice"],
    ],
    ["a circle", ":a\ndhcp || goto a", ["2 script-endless"]],
    ["a circle with a pause", ":a\ndhcp && goto on ||\nsleep 3\ngoto a\n:on", []],
    ["a circle that is counted", ":a\ninc n\niseq @{n} 3 && goto on ||\ngoto a\n:on", []],
    [
      "a circle that counts something else",
      ":a\ninc n\niseq @{m} 3 && goto on ||\ngoto a\n:on",
      ["2 script-endless"],
    ],
    ["lines behind a jump", "goto a\necho never\n:a", ["3 script-unreachable"]],
  ])("%s", (_, lines, expected) => {
    expect(found(lines)).toEqual(expected);
  });

  test("minds how a script begins and ends", () => {
    expect(lintScript("echo hello\n").map(({ rule }) => rule.id)).toEqual([
      "script-no-magic",
      "script-falls-off",
    ]);
  });

  test("asks only the releases that are meant", () => {
    expect(lintScript("#!ipxe\npoweroff\n", ["2.0.0"])).toEqual([]);
    expect(lintScript("#!ipxe\npoweroff\n", ["1.0.0"])).toMatchObject([
      { line: 2, severity: "error", says: "iPXE 1.0.0 has no poweroff" },
    ]);
    expect(lintScript("#!ipxe\npoweroff || exit 1\n", ["1.0.0"])).toMatchObject([{ severity: "info" }]);
  });
});
