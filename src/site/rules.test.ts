import { describe, expect, test } from "vitest";
import type { BootClient } from "../boot/effective-settings.ts";
import { effectiveSettings } from "../boot/effective-settings.ts";
import { shownSettings } from "../boot/explain-settings.ts";
import { planFor } from "../boot/plan.ts";
import { formatError } from "../core/errors.ts";
import { checkedSite } from "./load.ts";
import { bootOf } from "./resolve.ts";

const images = { a: { recipe: "rescue" }, b: { recipe: "rescue" }, c: { recipe: "rescue" } };
const bootSite = (site: object) => bootOf(checkedSite({ name: "x", images, ...site }, "site.json"), 80);
const mac = "52:54:00:69:00:0a";
const client = (told: Partial<BootClient> = {}): BootClient => ({
  ...{ mac, htype: 1, architectures: [7], userClasses: ["dryboot"] },
  ...told,
});
const facts = { serial: "SN-1", manufacturer: "QEMU", product: "Standard PC", asset: "" };
const told = (site: object, who: Partial<BootClient> = { facts }) =>
  shownSettings(effectiveSettings(client(who), bootSite(site))).map(
    ({ setting, value, from }) => `${setting}=${value} (${from})`,
  );

describe("what rules come to", () => {
  test("the most specific one's word counts, wherever it stands in the file", () => {
    const rules = [
      { when: { mac }, set: { image: "c" } },
      { when: { manufacturer: "qemu" }, set: { image: "a", console: "ttyS0" } },
      { when: { manufacturer: "QEMU", arch: "x64" }, set: { image: "b", commandLine: "two" } },
    ];
    expect(told({ rules, defaultImage: "a" })).toEqual([
      "image=c (rules[0].set.image)",
      "console=ttyS0 (rules[1].set.console)",
      "commandLine=two (rules[2].set.commandLine)",
    ]);
  });

  test("every level's overlay is laid over those of less specific ones", () => {
    const site = {
      defaults: { overlay: "all" },
      groups: { web: { overlay: "web" } },
      rules: [{ when: { mac }, set: { overlay: "rule" } }],
      machines: [{ name: "one", mac, use: "web", overlay: "one" }],
    };
    expect(told(site)).toEqual([
      "overlay=all (defaults.overlay)",
      "overlay=rule (rules[0].set.overlay)",
      "overlay=web (groups.web.overlay, used by machines[0])",
      "overlay=one (machines[0].overlay)",
    ]);
  });

  test("a machine's own word counts most, and its groups' below that", () => {
    const site = {
      defaults: { image: "a", commandLine: "zero", variables: { mirror: "http://m", key: "k0" } },
      groups: {
        base: { image: "b", commandLine: "one", variables: { key: "k1" } },
        thin: { use: "base", commandLine: "two {var.mirror}" },
      },
      rules: [{ when: { mac }, set: { image: "c", commandLine: "rule" } }],
      machines: [{ name: "n", mac, use: ["thin"], commandLine: "own" }],
    };
    expect(told(site)).toEqual([
      "image=b (groups.base.image, used by machines[0])",
      "commandLine=zero (defaults.commandLine)",
      "commandLine=rule (rules[0].set.commandLine)",
      "commandLine=one (groups.base.commandLine, used by machines[0])",
      "commandLine=two {var.mirror} (groups.thin.commandLine, used by machines[0])",
      "commandLine=own (machines[0].commandLine)",
      "{var.mirror}=http://m (defaults.variables.mirror)",
      "{var.key}=k1 (groups.base.variables.key, used by machines[0])",
    ]);
  });

  test("a group that a rule and the machine both use says its words once", () => {
    const site = {
      groups: { g: { commandLine: "once" } },
      rules: [{ when: { mac: "52:54:00:*" }, use: "g" }],
      machines: [{ name: "n", mac, use: "g" }],
    };
    expect(told(site)).toEqual(["commandLine=once (groups.g.commandLine, used by machines[0])"]);
  });

  test.each([
    ["mac", "52-54-00-69-00-0A", {}],
    ["mac", "52:54:00:*", {}],
    ["uuid", "5F3C0A1E-0000-4000-8000-52540069000A", { uuid: "5f3c0a1e-0000-4000-8000-52540069000a" }],
    ["serial", "sn-*", { facts }],
    ["manufacturer", "qemu", { facts }],
    ["product", "Standard PC", { facts: { ...facts, product: " standard pc " } }],
    ["arch", "x64", { architectures: [16] }],
    ["arch", ["bios", "arm64"], { architectures: [11] }],
    ["arch", "bios", { architectures: [] }],
    ["hostname", "WEB*", { hostName: "web1" }],
    ["address", "10.69.0.128/25", { address: "10.69.0.200" }],
    ["address", "10.69.0.200", { address: "10.69.0.200" }],
  ])("clients are told apart by %s %s", (key, value, who) => {
    const site = { rules: [{ when: { [key]: value }, set: { image: "b" } }], defaultImage: "a" };
    expect(told(site, { facts, ...who })[0]).toBe("image=b (rules[0].set.image)");
    const others = { mac: "00:16:3e:00:00:01", architectures: [6], facts: { ...facts, serial: "x" } };
    const noneOfThem = { ...others, facts: { serial: "", manufacturer: "", product: "", asset: "" } };
    expect(told(site, noneOfThem)[0]).toBe("image=a (defaultImage)");
  });

  test("a reserved address counts more than the one that asks", () => {
    const site = {
      machines: [{ name: "n", mac, ip: "10.69.0.10" }],
      rules: [{ when: { address: "10.69.0.10" }, set: { image: "b" } }],
    };
    expect(told(site, { address: "192.0.2.1" })).toEqual(["image=b (rules[0].set.image)"]);
  });
});

describe("rules about what only the firmware knows", () => {
  const site = bootSite({ rules: [{ when: { serial: "SN-1", mac: "52:*" }, set: { image: "b" } }] });
  const firmware = client({ vendorClass: "PXEClient:Arch:00007:UNDI:003000", userClasses: [] });

  test("leave DHCP to give a loader, though there is no image yet", () => {
    expect(planFor(firmware, site)).toMatchObject({ step: "loader" });
  });

  test("have the script ask first, for what they need and nothing else", () => {
    expect(planFor(client(), site)).toMatchObject({ step: "script", ask: ["serial"] });
  });

  test("are judged once it is said, also when there is none", () => {
    expect(planFor(client({ facts: { serial: "sn-1" } }), site)).toMatchObject({
      step: "script",
      image: "b",
    });
    const plan = planFor(client({ facts: { serial: "" } }), site);
    expect(plan.step).toBe("none");
    expect(plan.reason).toContain("no rule gives it one, and the site has no default image");
  });

  test("ask nobody who cannot meet them for another reason", () => {
    const other = planFor(client({ mac: "00:16:3e:00:00:01" }), site);
    expect(other).toMatchObject({ step: "none" });
    expect(other).not.toHaveProperty("ask");
  });
});

describe("a site is refused", () => {
  const refusal = (site: object) => {
    try {
      checkedSite({ name: "x", images, ...site }, "site.json");
    } catch (error) {
      return formatError(error);
    }
    throw new Error("it was not refused");
  };

  test("for two rules that tie, both named", () => {
    const rules = [
      { when: { manufacturer: "QEMU" }, set: { image: "a" } },
      { when: { product: "Standard*" }, set: { image: "b" } },
    ];
    expect(refusal({ rules })).toBe(
      [
        'error: `rules[1].set.image` is "b", and `rules[0].set.image` is "a": `rules[0]` and `rules[1]` can fit one client, and neither is more specific',
        "  where: site.json",
        "  next:  add a condition to one of them, or have both say the same  [SITE_INVALID]",
      ].join("\n"),
    );
  });

  test.each([
    ["that say the same", { manufacturer: "a" }, { product: "b" }, { image: "a" }, { image: "a" }],
    ["that no client can meet both", { serial: "a" }, { serial: "b" }, { image: "a" }, { image: "b" }],
    ["one of which is within the other", { serial: "a*" }, { serial: "ab*" }, { image: "a" }, { image: "b" }],
    [
      "that speak of different settings",
      { serial: "a*" },
      { asset: "b*" },
      { image: "a" },
      { console: "tty0" },
    ],
    [
      "whose words are joined",
      { product: "a" },
      { manufacturer: "b" },
      { commandLine: "a" },
      { commandLine: "b" },
    ],
  ])("but not for two rules %s", (_, one, other, says, too) => {
    const rules = [
      { when: one, set: says },
      { when: other, set: too },
    ];
    expect(() => bootSite({ rules })).not.toThrow();
  });

  test("for ties that come from groups and texts", () => {
    const site = {
      groups: { g: { image: "a", variables: { k: "1" } } },
      rules: [
        { when: { manufacturer: "QEMU" }, use: "g" },
        { when: { product: "p" }, set: { image: "b", variables: { k: "2" } } },
      ],
    };
    const text = refusal(site);
    expect(text).toContain("2 mistakes");
    expect(text).toContain('`groups.g.image`, used by `rules[0]`, is "a"');
    expect(text).toContain('`rules[1].set.variables.k` is "2"');
  });

  test.each([
    [
      "a group nobody made",
      { machines: [{ name: "n", mac, use: "thim" }], groups: { thin: {} } },
      '`machines[0].use` names "thim": there is no such name in `groups`',
      "did you mean `thin`?",
    ],
    [
      "groups that use each other",
      { groups: { a: { use: "b" }, b: { use: ["c"] }, c: { use: "a" } } },
      "`groups.a.use` goes round in a circle: a, which uses b, which uses c, which uses a",
      "",
    ],
    [
      "a group that uses itself",
      { groups: { a: { use: "a" } } },
      "`groups.a.use` goes round in a circle: a, which uses a",
      "",
    ],
    [
      "a loader by serial number",
      { rules: [{ when: { serial: "a" }, set: { loader: "ipxe.efi" } }] },
      "`rules[0].set.loader` is what DHCP answers, when nobody knows its serial yet",
      "tell these clients apart by",
    ],
    [
      "a dialect by address, in a group",
      { groups: { g: { dialect: "direct" } }, rules: [{ when: { address: "10.69.0.9" }, use: "g" }] },
      "`groups.g.dialect` is what DHCP answers, when the client has no address yet",
      "",
    ],
    [
      "an overlay by host name, in a group",
      { groups: { g: { overlay: "web" } }, rules: [{ when: { mac, hostname: "a" }, use: "g" }] },
      "`groups.g.overlay` is made before any machine asks, when nobody knows what `rules[0].when.hostname` asks for",
      "choose these machines by `mac`, `uuid` or `address`",
    ],
    [
      "an image that is not there",
      { rules: [{ when: { mac }, set: { image: "aa" } }] },
      '`rules[0].set.image` is "aa": there is no such name in `images`',
      "did you mean `a`",
    ],
    [
      "two defaults",
      { defaultImage: "a", defaults: { image: "b" } },
      "`defaults.image` says the same as `defaultImage`",
      "keep one",
    ],
    [
      "a text nobody set",
      { defaults: { commandLine: "{var.x}" } },
      '`defaults.commandLine` holds "{var.x}", which is no variable we know',
      "",
    ],
    [
      "a text set elsewhere only",
      {
        defaultImage: "a",
        machines: [{ name: "n", mac, commandLine: "{var.x}" }],
        groups: { g: { variables: { x: "1" } } },
      },
      '`machines[0].commandLine` holds "{var.x}", which nothing sets for n',
      "defaults.variables.x",
    ],
    [
      "a text in a text",
      { defaults: { variables: { x: "1", y: "{var.x}" } } },
      '`defaults.variables.y` holds "{var.x}"',
      "",
    ],
    ["a domain it has not", { defaults: { commandLine: "{domain}" } }, "needs `network.domain`", ""],
    [
      "a rule for everybody",
      { rules: [{ when: {}, set: {} }] },
      "`rules[0].when` is an object: expected at least one condition",
      "",
    ],
    ["a star in the middle", { rules: [{ when: { serial: "a*b" } }] }, "with a * at most at its end", ""],
    ["a MAC that is none", { rules: [{ when: { mac: "52:54" } }] }, "expected a MAC address such as", ""],
    [
      "an unknown kind of machine",
      { rules: [{ when: { arch: "x86" } }] },
      "expected `bios`, `ia32`, `x64`",
      "",
    ],
  ])("for %s", (_, site, says, hint) => {
    expect(refusal(site)).toContain(says);
    expect(refusal(site)).toContain(hint);
  });
});
