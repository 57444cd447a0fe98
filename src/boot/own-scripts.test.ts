import { describe, expect, test } from "vitest";
import { autoexecFor } from "./autoexec.ts";
import { apiScript } from "./boot-api.ts";
import { bootScript, refusalScript } from "./boot-script.ts";
import { factsScript } from "./facts-script.ts";
import { lintScript } from "./ipxe/lint-script.ts";
import { parseScript, printParsed } from "./ipxe/parse.ts";
import { localScript } from "./local-script.ts";
import { loopScript } from "./loop-script.ts";
import { images, menu, planOf, site } from "./menu.fixture.ts";
import { menuScript } from "./menu-script.ts";
import { menuView } from "./menu-view.ts";

const image = images.get("rescue");
if (!image) throw new Error("the fixture has this image");
const plan = { ...planOf("saved"), image: "rescue" };
const rounds = { what: "script", file: "boot.ipxe", times: 3, withinMs: 10_000 } as const;

/** Every script that we write. */
const scripts: readonly (readonly [string, string])[] = [
  ["that boots an image", bootScript(plan, image, site)],
  ["that switches off in the end", bootScript(plan, image, { ...site, whenBootFails: "poweroff" })],
  ["of a menu", menuScript(menuView(planOf("node1"), menu, site, images), site)],
  [
    "of a menu on a large screen",
    menuScript(
      menuView(planOf("odd"), { ...menu, screen: { width: 1024, height: 768 } }, site, images),
      site,
    ),
  ],
  [
    "of a menu whose default is not there",
    menuScript(menuView(planOf(), { ...menu, default: "gone" }, site, images), site),
  ],
  ["that leaves the disk to the firmware", localScript("node1", "it is installed")],
  ["of autoexec.ipxe", autoexecFor(undefined, { ...site, autoexec: true }).script ?? ""],
  ["that refuses", refusalScript("there is nothing for it")],
  ["that ends a circle", loopScript(plan, rounds, "node1")],
  ["that asks the firmware", factsScript("http://h/boot.ipxe?mac=a", ["serial", "product"], site)],
  [
    "of another boot API",
    apiScript({ kernel: "http://h/k", initrd: ["http://h/i"], cmdline: "quiet" }, site),
  ],
];

/** Those that need nothing but to be fetched, and the one that has pauses of its own. */
const short = ["that leaves the disk to the firmware", "that refuses", "that ends a circle"];

test.each(scripts.filter(([name]) => !short.includes(name)))(
  "the script %s tries again what fails, and has a way out",
  (_, script) => {
    expect(script).toContain(" || goto failed\n");
    expect(script).toContain(`\niseq \${attempt} 10 && goto given-up ||\n`);
    expect(script).toContain("\n:debug\nmenu dryboot: what else there is\n");
  },
);

describe.each(scripts)("the script %s", (_, script) => {
  test("breaks no rule that we hold other people's scripts to", () => {
    const found = lintScript(script).filter(({ severity }) => severity !== "info");
    expect(found.map(({ line, rule, says }) => `${line} ${rule.id}: ${says}`)).toEqual([]);
  });

  test("is read as it was written", () => {
    expect(printParsed(parseScript(script))).toBe(script);
  });
});
