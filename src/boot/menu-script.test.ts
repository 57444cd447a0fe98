import { describe, expect, test } from "vitest";
import { bootScript } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import { images, mac, menu, planOf, site } from "./menu.fixture.ts";
import type { BootMenu } from "./menu.ts";
import { menuScript } from "./menu-script.ts";
import { menuView } from "./menu-view.ts";

const scriptOf = (name?: string, changed: Partial<BootMenu> = {}, at: Partial<BootSite> = {}) => {
  const changedMenu = { ...menu, ...changed };
  const changedSite = { ...site, ...at, menu: changedMenu };
  return menuScript(menuView(planOf(name, changedSite), changedMenu, changedSite, images), changedSite);
};
/** The lines from a label to the next one. */
const block = (script: string, label: string) => {
  const lines = script.split("\n");
  const from = lines.indexOf(`:${label}`) + 1;
  const to = lines.findIndex((line, at) => at >= from && line.startsWith(":"));
  return from === 0 ? [] : lines.slice(from, to);
};

describe("the script of a menu", () => {
  test("shows what there is, greys what is not in the store, and counts down to the default", () => {
    expect(block(scriptOf("node1"), "menu")).toEqual([
      "menu Lab",
      "item --gap -- Systems",
      "item --key n entry.node A node",
      "item --key r entry.rescue Rescue",
      "item --gap -- (Not built: image gone is not in the store)",
      "item --gap -- Settings",
      "item --key f entry.flavor Flavor: $" + "{shown-flavor}",
      "item --key c entry.console Console: $" + "{shown-console}",
      "item --key m entry.more More",
      "item --key x entry.exit Next boot device",
      "choose --default $" + "{menu-cursor} --timeout $" + "{menu-timeout} selected || goto debug",
      "set menu-cursor $" + "{selected}",
      "goto $" + "{selected}",
    ]);
    expect(scriptOf("node1")).toContain("\nset menu-timeout 5000\nset menu-cursor entry.node\n");
  });

  test("takes the machine's own image by itself, whether the menu has it or not", () => {
    expect(scriptOf("saved")).toContain("\nset menu-cursor entry.rescue\n");
    const odd = scriptOf("odd");
    expect(odd).toContain("\nset menu-cursor entry..odd\n");
    expect(block(odd, "menu")[1]).toBe("item entry..odd odd, which odd boots");
    expect(block(odd, "entry..odd")).toContain("set task fetch kernel");
  });

  test("takes the entry and begins with the choices that a rule, a group or the machine says", () => {
    const machines = [
      { name: "node1", mac, image: "odd", entry: "exit", choices: { flavor: "lts", console: "ttyAMA0" } },
    ];
    const script = scriptOf("node1", {}, { machines });
    expect(script).toContain("\nset menu-cursor entry.exit\n");
    expect(script).toContain(
      "\nset choice-flavor lts\nset shown-flavor for everything\nset cursor-flavor choice.flavor.1\n",
    );
    expect(script).toContain(
      "\nset choice-console ttyAMA0\nset shown-console ttyAMA0\nset cursor-console choice.console.custom\n",
    );
  });

  test("has nobody wait for what is not there: left alone, the machine goes on without it", () => {
    const script = scriptOf("node1", { default: "gone" });
    expect(script).toContain("\nset menu-cursor entry..absent\n");
    expect(block(script, "menu")).toContain("item entry..absent gone cannot be booted: go on without it");
    expect(block(script, "entry..absent")).toEqual(["goto debug"]);
  });

  test("waits for ever where the site says so", () => {
    const { timeoutMs: _, ...patient } = menu;
    const script = menuScript(menuView(planOf("node1"), patient, site, images), site);
    expect(script).toContain("\nset menu-timeout 0\n");
  });

  test("picks the image by a choice, and says which is not there", () => {
    const script = scriptOf("node1");
    expect(block(script, "entry.node").slice(0, 3)).toEqual([
      "inc attempt",
      "iseq $" + "{choice-flavor} virt && goto entry.node.0 ||",
      "iseq $" + "{choice-flavor} lts && goto entry.node.1 ||",
    ]);
    expect(block(script, "entry.node.0").join("\n")).toContain("/images/node-virt/vmlinuz ");
    expect(block(script, "entry.node.1")).toEqual([
      "echo dryboot: boot failed: image node-lts is not in the store",
      "set last Last failure: image node-lts is not in the store",
      "goto failed.wait",
    ]);
  });

  test("passes what was chosen and what the entry adds to the kernel", () => {
    const line = block(scriptOf("node1"), "entry.rescue").find((each) => each.startsWith("kernel "));
    expect(line).toContain("} quiet console=$" + "{choice-console} single || goto failed");
  });

  test("keeps what a person sets: picked, or typed", () => {
    const script = scriptOf("node1");
    expect(script).toContain("\nset choice-console ttyS0,115200\nset shown-console serial\n");
    expect(block(script, "choice.console.0")).toEqual([
      "set choice-console tty0",
      "set shown-console screen",
      "set cursor-console choice.console.0",
      "goto menu",
    ]);
    expect(block(script, "choice.console.custom").slice(1)).toEqual([
      "set typed $" + "{choice-console}",
      "read typed || goto choice.console",
      "isset $" + "{typed} || goto choice.console",
      "set choice-console $" + "{typed}",
      "set shown-console $" + "{typed}",
      "set cursor-console choice.console.custom",
      "goto menu",
    ]);
  });

  test("stops counting down once somebody has looked around, and comes back to where he was", () => {
    const script = scriptOf("node1");
    expect(block(script, "entry.flavor")).toEqual(["set menu-timeout 0"]);
    expect(block(script, "entry.more")).toEqual(["set menu-timeout 0", "goto menu.more"]);
    expect(block(script, "entry.shell")).toEqual([
      "set menu-timeout 0",
      "echo dryboot: type exit to come back to the menu",
      "shell ||",
      "goto menu.more",
    ]);
    expect(block(script, "menu.more")).toContain("choose selected || goto menu");
  });

  test("shows why a boot failed, waits, and comes back to the menu a bounded number of times", () => {
    const script = scriptOf("node1");
    for (const label of ["entry.rescue", "entry.node.0"]) {
      expect(block(script, label).slice(-2)).toEqual(["boot || goto failed", "goto failed"]);
    }
    expect(block(script, "failed.wait").at(-1)).toBe("goto menu");
    expect(block(script, "failed.wait")[0]).toBe("iseq $" + "{attempt} 10 && goto given-up ||");
  });

  test("does the rest that a menu is asked for", () => {
    const script = scriptOf("node1");
    expect(block(script, "entry.local")).toEqual([
      "iseq $" + "{platform} efi && exit 1 ||",
      "set task boot from the disk",
      "sanboot --no-describe --drive 0x80 || goto failed",
      "goto menu.more",
    ]);
    expect(block(script, "entry.url")).toContain("chain --autofree $" + "{address} || goto failed");
    expect(block(script, "entry.reboot")).toContain("reboot || goto failed");
    expect(block(script, "entry.exit").at(-1)).toBe("exit 1");
    expect(scriptOf("node1", { screen: { width: 1024, height: 768 } })).toContain(
      "\nconsole --x 1024 --y 768 ||\n",
    );
  });

  test("one image that cannot be booted is greyed with its reason, and the others stay", () => {
    const broken = new Map([...site.images, ["rescue", { reportsReady: false, commandLine: "{nonsense}" }]]);
    const rows = block(scriptOf("node1", {}, { images: broken }), "menu");
    expect(rows[3]).toMatch(/^item --gap -- \(Rescue: the kernel command line of image rescue cannot/);
    expect(rows[2]).toBe("item --key n entry.node A node");
  });

  test("is not asked for choices where an image is settled: they are what they begin with", () => {
    const image = images.get("rescue");
    if (!image) throw new Error("the fixture has this image");
    const script = bootScript({ ...planOf("saved"), image: "rescue" }, image, site);
    expect(script).toContain("\nset choice-flavor virt\nset choice-console ttyS0,115200\n");
    expect(script).toContain(" console=$" + "{choice-console} ");
  });

  test("says in the plan that a menu is shown, to strangers too", () => {
    expect(planOf()).toMatchObject({ step: "script", reason: expect.stringContaining("shows the menu") });
    expect(scriptOf()).toContain("\nset menu-cursor entry.node\n");
  });
});
