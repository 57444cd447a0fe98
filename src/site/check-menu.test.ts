import { describe, expect, test } from "vitest";
import { checkedSite } from "./load.ts";
import { menuOf } from "./menu.ts";
import type { SiteFile } from "./schema.ts";

type MenuFile = NonNullable<SiteFile["menu"]>;

const siteWith = (menu: MenuFile) =>
  checkedSite({ name: "lab", images: { rescue: { recipe: "rescue" } }, menu } satisfies SiteFile, "x");

const flavors = { flavor: { options: [{ value: "virt" }, { value: "lts" }] } };
const images = { virt: "rescue", lts: "rescue" };

describe("a site's menu", () => {
  test("fills in what is left out", () => {
    const site = siteWith({
      entries: [
        { section: "Systems" },
        { image: "rescue", key: "r" },
        { name: "any", by: "flavor", images },
        { choice: "flavor" },
        { name: "more", entries: [{ do: "shell" }] },
      ],
      choices: flavors,
    });
    expect(menuOf(site)).toMatchObject({
      title: "lab",
      timeoutMs: 5000,
      entries: [
        { kind: "section", text: "Systems" },
        { kind: "image", name: "rescue", text: "rescue", key: "r", image: "rescue" },
        { kind: "image", name: "any", text: "any", image: { choice: "flavor" } },
        { kind: "choice", name: "flavor", text: "flavor", choice: "flavor" },
        { kind: "menu", name: "more", entries: [{ kind: "action", name: "shell", text: "iPXE's shell" }] },
      ],
    });
    expect(menuOf(site)?.choices.get("flavor")).toEqual({
      title: "flavor",
      options: [
        { value: "virt", text: "virt" },
        { value: "lts", text: "lts" },
      ],
      default: "virt",
    });
  });

  test("takes a word alone for what the entry or the value is about", () => {
    const site = siteWith({
      entries: ["rescue", "shell", { name: "more", entries: ["poweroff"] }],
      choices: { console: { options: ["tty0", { value: "ttyS0", text: "serial line" }] } },
    });
    expect(site.menu?.entries).toEqual([
      { image: "rescue" },
      { do: "shell" },
      { name: "more", entries: [{ do: "poweroff" }] },
    ]);
    expect(site.menu?.choices["console"]?.options).toEqual([
      { value: "tty0" },
      { value: "ttyS0", text: "serial line" },
    ]);
  });

  test.each([
    ["an image that is not there", "resque", /`menu.entries\[0\].image` is "resque": there is no such name/],
    ["no name", "Shell it", /`menu.entries\[0\]` is "Shell it": expected a name/],
    ["neither a word nor an entry", 5, /`menu.entries\[0\]` is 5: expected a name .*, or an object/],
    ["an unknown key", { imag: "rescue" }, /`menu.entries\[0\].imag` is no key we know/],
    ["a wrong value", { do: "shel" }, /`menu.entries\[0\].do` is "shel": expected `local`/],
  ])("says what is wrong with an entry that is %s", (_what, entry, message) => {
    expect(() =>
      checkedSite({ name: "lab", images: { rescue: { recipe: "rescue" } }, menu: { entries: [entry] } }, "x"),
    ).toThrow(message);
  });

  test("refuses a choice whose value holds another one", () => {
    const options = ["tty0", "{choice.flavor}"];
    const menu: MenuFile = { entries: ["rescue"], choices: { ...flavors, console: { options } } };
    expect(() => siteWith(menu)).toThrow(
      /`menu.choices.console.options\[1\].value` holds "\{choice.flavor\}", which is no variable we know/,
    );
  });

  test("lets any level say what is taken and what choices begin with, and checks it", () => {
    const menu: MenuFile = { entries: [{ image: "rescue" }, { choice: "flavor" }], choices: flavors };
    const site =
      (level: NonNullable<SiteFile["defaults"]>, given: Partial<SiteFile> = { menu }) =>
      () =>
        checkedSite(
          { name: "lab", images: { rescue: { recipe: "rescue" } }, defaults: level, ...given },
          "x",
        );
    expect(site({ entry: "rescue", choices: { flavor: "lts" } })).not.toThrow();
    expect(site({ entry: "resque" })).toThrow(/`defaults.entry` is "resque": no entry has that name/);
    expect(site({ choices: { flavor: "lst" } })).toThrow(/`defaults.choices.flavor` is "lst", which is none/);
    expect(site({ choices: { flavour: "lts" } })).toThrow(
      /`defaults.choices.flavour` is no choice of the menu/,
    );
    expect(site({ entry: "rescue" }, {})).toThrow(
      /`defaults.entry` is about a `menu`, and the site has none/,
    );
  });

  test.each<[string, MenuFile, RegExp]>([
    [
      "an image that is not there",
      { entries: [{ image: "resque" }] },
      /`menu.entries\[0\].image` is "resque": there is no such name/,
    ],
    [
      "two meanings in one entry",
      { entries: [{ image: "rescue", do: "shell" }] },
      /`menu.entries\[0\]` says `image` and `do`/,
    ],
    ["no meaning at all", { entries: [{ key: "a" }] }, /`menu.entries\[0\]` says none of/],
    [
      "one key for two",
      {
        entries: [
          { do: "shell", key: "s" },
          { do: "exit", key: "s" },
        ],
      },
      /`menu.entries\[1\].key` is "s", and so is that of shell/,
    ],
    [
      "one name for two, in a submenu too",
      { entries: [{ do: "shell" }, { name: "more", entries: [{ do: "shell" }] }] },
      /`menu.entries\[1\].entries\[0\]` is called "shell"/,
    ],
    [
      "a default that is none",
      { default: "rescu", entries: [{ image: "rescue" }] },
      /`menu.default` is "rescu"/,
    ],
    ["a choice that is not there", { entries: [{ choice: "flavor" }] }, /no such name in `menu.choices`/],
    [
      "a value without an image",
      { entries: [{ name: "any", by: "flavor", images: { virt: "rescue" } }], choices: flavors },
      /has no image for the value "lts" of `flavor`/,
    ],
    [
      "images by a value that is typed",
      {
        entries: [{ name: "any", by: "flavor", images }],
        choices: { flavor: { ...flavors.flavor, custom: { ask: "Which" } } },
      },
      /which may be typed: there is no image for that/,
    ],
    [
      "a default outside the options",
      { entries: [{ choice: "flavor" }], choices: { flavor: { ...flavors.flavor, default: "lst" } } },
      /`menu.choices.flavor.default` is "lst", which is none of its options/,
    ],
    [
      "a choice of nothing",
      { entries: [{ choice: "flavor" }], choices: { flavor: {} } },
      /offers nothing: expected `options`, `custom` or both/,
    ],
    [
      "a word about a choice that is not there",
      { entries: [{ image: "rescue", commandLine: "console={choice.console}" }] },
      /`menu.entries\[0\].commandLine` holds "\{choice.console\}", which is no variable we know/,
    ],
    [
      "a default that is a heading",
      { default: "systems", entries: [{ section: "Systems" }, { do: "exit" }] },
      /`menu.default` is "systems": no entry has that name/,
    ],
    [
      "a heading with a key",
      { entries: [{ section: "A", key: "a" }] },
      /stands in an entry without anything to/,
    ],
  ])("refuses %s", (_, menu, message) => {
    expect(() => siteWith(menu)).toThrow(message);
  });
});
