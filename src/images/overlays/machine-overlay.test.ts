import { describe, expect, test } from "vitest";
import type { BootSite } from "../../boot/boot-site.ts";
import { defaultLoaders } from "../../boot/loaders.ts";
import { folderWith, textOf } from "./layers.fixture.ts";
import { SiteOverlays } from "./machine-overlay.ts";
import { secretsIn } from "./overlay.ts";

const mac = "52:54:00:69:00:0a";
const shoe = { name: "shoe", mac, ip: "10.69.0.10", image: "node", variables: { role: "web of {name}" } };
const site = (more: Partial<BootSite> = {}): BootSite => ({
  server: "10.69.0.1",
  http: "http://10.69.0.1",
  domain: "lab.internal",
  machines: [shoe],
  images: new Map(),
  loaders: defaultLoaders,
  ...more,
});

/** A machine with one layer that has this template. */
const withTemplate = async (template: string, machine: object = {}) => {
  const overlay = await folderWith({ "etc/app.tmpl": template });
  const tree = await new SiteOverlays(site()).of({ ...shoe, overlay, ...machine });
  return tree ?? new Map<string, never>();
};

describe("the overlay of a machine", () => {
  test("is none where no level names one", async () => {
    expect(await new SiteOverlays(site()).all()).toEqual([]);
  });

  test("comes from the defaults, then its groups, then rules that name it, then itself", async () => {
    const [common, group, rule, own] = [
      await folderWith({
        "etc/a": "defaults",
        "etc/b": "defaults",
        "etc/c": "defaults",
        "etc/d": "defaults",
      }),
      await folderWith({ "etc/b": "group", "etc/c": "group", "etc/d": "group" }),
      await folderWith({ "etc/b": "rule", "etc/c": "rule" }),
      await folderWith({ "etc/d": "machine" }),
    ];
    const groups = [{ path: ["groups", "web"], settings: { overlay: group }, usedBy: ["machines", 0] }];
    const machines = [{ ...shoe, overlay: own, groups }];
    const defaults = [{ path: ["defaults"], settings: { overlay: common } }];
    const rules = [
      {
        path: ["rules", 0],
        when: new Map([["mac", [{ text: mac }]]] as const),
        layers: [{ path: ["rules", 0, "set"], settings: { overlay: rule } }],
      },
    ];
    const [overlay] = await new SiteOverlays(site({ machines, defaults, rules })).all();
    const layers = [..."abcd"].map((name) => overlay?.tree.get(`etc/${name}`)?.layer);
    expect(layers).toEqual(["defaults", "groups.web", "groups.web", "machines[0]"]);
  });
});

describe("a template", () => {
  test("is filled in with what the site says of the machine", async () => {
    const tree = await withTemplate(
      "{name} {mac} {mac:hexhyp} {ip} {domain} {http} {server} {image}\n{var.role} {{x}}\n",
    );
    expect(textOf(tree, "etc/app")).toBe(
      "shoe 52:54:00:69:00:0a 52-54-00-69-00-0a 10.69.0.10 lab.internal http://10.69.0.1 10.69.0.1 node\nweb of shoe {x}\n",
    );
  });

  test("keeps its bytes where there is nothing to fill in", async () => {
    expect(textOf(await withTemplate("a\r\n\n  b\n\n"), "etc/app")).toBe("a\r\n\n  b\n\n");
    expect(textOf(await withTemplate(""), "etc/app")).toBe("");
  });

  test("leaves secrets for later", async () => {
    const tree = await withTemplate("password={secret.db}\nagain={secret.db} {secret.other}");
    expect(secretsIn(tree)).toEqual(["db", "other"]);
    expect(textOf(tree, "etc/app")).toBe("password=<db>\nagain=<db> <other>");
  });

  test.each([
    ["an unknown variable", "a\n\nb {nmae}\n", /"\{nmae\}" is no variable we know/, 3, /name/],
    ["a text that the site does not have", "{var.roll}", /is no variable we know/, 1, /var\.role/],
    ["a brace alone", "a\n{\n", /brace without its other half/, 2, /\{\{/],
    ["what only the booting machine knows", "{serial}", /only while the machine boots/, 1, /./],
    ["its processor", "{arch}", /only while the machine boots/, 1, /./],
    ["a secret of an impossible name", "{secret.../x}", /is no variable/, 1, /./],
  ])("is refused for %s, with file and line", async (_, template, problem, line, hint) => {
    await expect(withTemplate(template)).rejects.toMatchObject({
      message: expect.stringMatching(problem),
      where: expect.stringMatching(new RegExp(`etc/app\\.tmpl:${line}$`)),
      hint: expect.stringMatching(hint),
    });
  });

  test("is refused where it is no text", async () => {
    const overlay = await folderWith({ "etc/app.tmpl": Buffer.from("ff00fe", "hex") });
    await expect(new SiteOverlays(site()).of({ ...shoe, overlay })).rejects.toThrow("no text in UTF-8");
  });
});
