import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { DrybootError, formatError } from "../core/errors.ts";
import { checkedSite, loadSite } from "./load.ts";
import { printSite } from "./print.ts";
import { siteSchema } from "./schema.ts";
import { parseSiteText } from "./text.ts";

function fileWith(name: string, text: string): { folder: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), "dryboot-site-"));
  onTestFinished(
    async () => await import("node:fs/promises").then(({ rm }) => rm(folder, { recursive: true })),
  );
  const file = join(folder, name);
  writeFileSync(file, text);
  return { folder, file };
}

async function refusal(name: string, text: string): Promise<string> {
  const { folder, file } = fileWith(name, text);
  try {
    await loadSite(file, { cwd: folder });
  } catch (error) {
    return formatError(error);
  }
  throw new Error("it was not refused");
}

const yaml = `name: yard
images: { shell: { recipe: rescue } }
defaultImage: shell
rules:
  - when: { manufacturer: QEMU }
    set: { console: [tty0, "ttyS0,115200"] }
machines:
  - name: shoe
    mac: 52:54:00:69:00:0a
    ip: 10.69.0.10
`;

describe("a site in YAML", () => {
  test("is the same as in TypeScript", async () => {
    const { file } = fileWith("site.yaml", yaml);
    const { site } = await loadSite(file);
    expect(site).toEqual(
      checkedSite(
        {
          name: "yard",
          images: { shell: { recipe: "rescue" } },
          defaultImage: "shell",
          rules: [{ when: { manufacturer: "QEMU" }, set: { console: ["tty0", "ttyS0,115200"] } }],
          machines: [{ name: "shoe", mac: "52:54:00:69:00:0a", ip: "10.69.0.10" }],
        },
        "",
      ),
    );
  });

  test("is found in a folder, and printed so that it is read back", async () => {
    const { folder } = fileWith("site.yml", yaml);
    const { site } = await loadSite(folder);
    for (const format of ["yaml", "json"] as const) {
      const { value } = parseSiteText(printSite(site, format), format, "x");
      expect(siteSchema.parse(value)).toEqual(site);
    }
  });

  test("tells all that is wrong at once, each with line and column", async () => {
    const text = `name: yard
images: { shell: { recipe: rescue } }
defaultImage: shel
groups:
  one: { use: two }
  two: { use: one }
machines:
  - name: Shoe
    mac: 52:54:00:69:00
  - name: hat
    mac: 52:54:00:69:00:0b
    ip: 192.0.2.1
  - name: cap
    mac: 52-54-00-69-00-0B
    commandLine: "a={nmae}"
    memry: 1G
rules:
  - when: { manufacturer: QEMU }
    set: { image: shell }
  - when: { product: pc }
    set: { image: shell, imag: shell }
`;
    expect(await refusal("site.yaml", text)).toMatchInlineSnapshot(`
      "error: 9 mistakes in the site:
          21:26 \`rules[1].set.imag\` is no key we know; did you mean \`image\`?
          8:5 \`machines[0].name\` is "Shoe": expected a name of lower-case letters, digits and inner hyphens, at most 63
          9:5 \`machines[0].mac\` is "52:54:00:69:00": expected a MAC address such as 52:54:00:69:00:0a
          15:5 \`machines[2].commandLine\` is "a={nmae}": expected words that iPXE can pass on, and "{nmae}" is no variable we know; did you mean \`name\`?
          16:5 \`machines[2].memry\` is no key we know; did you mean \`memory\`?
          12:5 \`machines[1].ip\` is 192.0.2.1: expected an address that a machine can have in 10.69.0.0/24
          14:5 \`machines[2].mac\` is 52:54:00:69:00:0b, and so is \`machines[1].mac\` of hat
          3:1 \`defaultImage\` is "shel": there is no such name in \`images\`; did you mean \`shell\`?
          5:10 \`groups.one.use\` goes round in a circle: one, which uses two, which uses one
        where: site.yaml
        next:  change it in the site file and run again  [SITE_INVALID]"
    `);
  });

  test("one mistake has its place in the file's name", async () => {
    expect(await refusal("site.yaml", "name: yard\nmachines:\n  - name: a\n    mac: x\n")).toContain(
      "where: site.yaml:4:5",
    );
  });

  test.each([
    ["what is no YAML", "name: [a", "site.yaml:1:"],
    ["a key that stands twice", "name: a\nname: b\n", "site.yaml:2:1"],
    ["two documents", "name: a\n---\nname: b\n", "site.yaml:2:"],
    ["a tag that could mean code", "name: !!js/function 'x'\n", "site.yaml:1:7"],
    ["an alias to nowhere", "name: *a\n", "site.yaml:1:1"],
    [
      "aliases that grow without end",
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from(
        { length: 8 },
        (_, index) =>
          `k${index}: &k${index} [${Array(9)
            .fill(index === 0 ? "*a" : `*k${index - 1}`)
            .join(",")}]`,
      ).join("\n")}\n`,
      "site.yaml:1:1",
    ],
  ])("is refused for %s", async (_, text, where) => {
    const told = await refusal("site.yaml", text);
    expect(told).toContain(`where: ${where}`);
    expect(told).toContain("[SITE_SYNTAX]");
  });
});

describe("a site in JSON", () => {
  test("has places too, also behind tabs", async () => {
    const text = '{\n\t"name": "yard",\n\t"machines": [\n\t\t{ "name": "a", "mac": "x" }\n\t]\n}\n';
    expect(await refusal("site.json", text)).toContain("where: site.json:4:18");
  });

  test("is refused for a key that stands twice, which JSON itself would drop", async () => {
    expect(await refusal("site.json", '{\n "name": "a",\n "name": "b" }')).toContain("where: site.json:3:2");
  });
});

describe("whatever stands in a site file", () => {
  const key = fc.constantFrom(
    ...["name", "machines", "rules", "groups", "images", "when", "set", "use", "mac", "image", "commandLine"],
    ...["variables", "serial", "defaults", "defaultImage", "__proto__", "constructor", "menu", "entries"],
  );
  const leaf = fc.oneof(
    fc.constantFrom("a", "52:54:00:69:00:0a", "{mac}", "{var.a}", "rescue", "*", "10.69.0.9", "", "QEMU*"),
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
    ),
  }));
  const entry = fc.record(
    { name: leaf, mac: leaf, image: leaf, use: tree, commandLine: leaf, variables: tree },
    { requiredKeys: [] },
  );
  const nearly = fc.record(
    {
      name: fc.constantFrom("a", 3),
      images: fc.constantFrom({ rescue: { recipe: "rescue" } }, {}, { a: {} }),
      machines: fc.array(entry, { maxLength: 3 }),
      groups: fc.dictionary(fc.constantFrom("a", "b"), entry),
      rules: fc.array(fc.record({ when: tree, use: tree, set: entry }, { requiredKeys: [] }), {
        maxLength: 3,
      }),
      defaults: entry,
    },
    { requiredKeys: [] },
  );

  test("is read, or refused in words: it never ends in a bug of ours", () => {
    fc.assert(
      fc.property(fc.oneof(nearly, tree), (value) => {
        try {
          checkedSite(parseSiteText(JSON.stringify(value), "json", "x").value, "site.json");
        } catch (error) {
          if (!(error instanceof DrybootError)) throw error;
          expect(error.code).toBe("SITE_INVALID");
        }
      }),
      { numRuns: 150 },
    );
  });

  test("is read the same from YAML as from JSON", () => {
    fc.assert(
      fc.property(nearly, (value) => {
        const json = JSON.parse(JSON.stringify(value)) as object;
        expect(parseSiteText(printSite(json, "yaml"), "yaml", "x").value).toEqual(json);
      }),
      { numRuns: 60 },
    );
  });
});
