import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grubWordProblem, printGrub, printGrubByMac, printGrubNotice } from "./grub-config.ts";

const config = {
  say: ["dryboot: booting rescue on node1"],
  server: "10.69.0.1",
  http: true,
  kernel: "images/rescue/vmlinuz",
  initrds: ["images/rescue/initrd.img"],
  commandLine: ["console=ttyS0,115200", "quiet"],
};

/** GRUB's way to split a command: at spaces outside quotes; single quotes take everything as it is. */
function split(command: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (const character of command) {
    if (character === "'") {
      quoted = !quoted;
      word ??= "";
    } else if (!quoted && character === " ") {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  expect(quoted).toBe(false);
  return word === undefined ? found : [...found, word];
}

/** The words behind `linux FILE`, and every line of the file. */
function read(text: string): { commandLine: string[]; lines: string[] } {
  const lines = text.split("\n");
  const linux = lines.find((line) => line.startsWith("  if linux ")) ?? "";
  const [, , ...commandLine] = split(linux.slice("  if ".length, -"; then".length));
  return { commandLine, lines };
}

const words = fc.array(
  fc.string({ minLength: 1, unit: "grapheme-ascii" }).filter((word) => grubWordProblem(word) === undefined),
  { maxLength: 20 },
);

describe("a GRUB configuration", () => {
  test("boots an image over HTTP where GRUB has it, in a few attempts, and goes back to the firmware", () => {
    expect(printGrub(config)).toBe(
      [
        "echo 'dryboot: booting rescue on node1'",
        "set protocol=tftp",
        'if [ "$lockdown" != y ]; then insmod http; set protocol=http; fi',
        "for attempt in 1 2 3; do",
        "  if linux ($protocol,10.69.0.1)'/images/rescue/vmlinuz' 'console=ttyS0,115200' 'quiet'; then",
        "    if initrd ($protocol,10.69.0.1)'/images/rescue/initrd.img'; then",
        "      boot",
        "    fi",
        "  fi",
        "  echo 'dryboot: boot failed in attempt' \"$attempt\" 'of 3'",
        "  set protocol=tftp",
        "  sleep 3",
        "done",
        "echo 'dryboot: gave up after 3 attempts; going back to the firmware'",
        "sleep 5",
        "exit",
        "",
      ].join("\n"),
    );
  });

  test("keeps to TFTP where HTTP is served on a port of its own", () => {
    expect(printGrub({ ...config, http: false })).not.toContain("insmod");
  });

  test("passes on any command line that can be passed on", () => {
    fc.assert(
      fc.property(words, (commandLine) => {
        const { commandLine: passed, lines } = read(printGrub({ ...config, commandLine }));
        expect(passed).toEqual(commandLine);
        expect(lines).toHaveLength(17); // nothing of it became a line of its own
      }),
    );
  });

  test.each([
    ["two words", "a b"],
    ["a new command", "a\nreboot"],
    ["a quote that ends ours", "a';reboot;'"],
    ["a quote", 'file="x"'],
    ["a backslash", "a\\b"],
    ["nothing", ""],
    ["another alphabet", "ä"],
  ])("refuses a word with %s", (_, word) => {
    expect(() => printGrub({ ...config, commandLine: [word] })).toThrow(TypeError);
  });

  test("refuses a server that is no address, and a path that ends its quotes", () => {
    expect(() => printGrub({ ...config, server: "10.69.0.1)/x" })).toThrow(TypeError);
    expect(() => printGrub({ ...config, kernel: "x' y" })).toThrow(TypeError);
    expect(() => printGrubByMac("/a'b/")).toThrow(TypeError);
  });

  test("asks once more by MAC for who is not known by its address", () => {
    expect(printGrubByMac("/grub/")).toBe("configfile '/grub/grub.cfg-01-'\"$net_default_mac\"\n");
  });

  test("a notice keeps to its lines, whatever it quotes", () => {
    expect(printGrubNotice(["x'; reboot; '\nreboot"]).split("\n")[0]).toBe("echo 'x?; reboot; ??reboot'");
  });
});
