import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { projectFolder } from "../core/folders.ts";
import { sections, siteReference } from "./reference.ts";

const name = z.string().refine((text) => text !== "\0", { error: "expected a name" });

describe("the manual of the site file", () => {
  test("is docs/site.md, word for word; `node_modules/.bin/node docs/site-reference.ts` writes it anew", async () => {
    expect(await readFile(join(projectFolder, "docs/site.md"), "utf8")).toBe(siteReference());
  });

  test("leads every link to a heading of its own", () => {
    const text = siteReference();
    const anchors = [...text.matchAll(/^## (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[`.[\]]/g, "")
        .replaceAll(" ", "-"),
    );
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(4);
    expect(anchors).toEqual(expect.arrayContaining(links));
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  test("says of each key what may stand there, what stands there without it, and what it is", () => {
    const schema = z.strictObject({
      name: name.describe("Its name."),
      size: z.int().min(1).max(9).default(3).describe("How big."),
      kind: z.enum(["a", "b"]).optional().describe("a | b."),
      pair: z.tuple([name, name]).optional().describe("Two of them."),
      either: z
        .union([z.literal("off"), name])
        .default("off")
        .describe("One or\nthe other."),
      quiet: z.boolean().default(false).describe("No words."),
    });
    expect(sections(schema, "Thing").join("\n\n")).toBe(
      [
        "## Thing",
        "",
        "| key      | value                    | without it   | what it is        |",
        "| -------- | ------------------------ | ------------ | ----------------- |",
        "| `name`   | a name                   | **required** | Its name.         |",
        "| `size`   | a number from 1 to 9     | `3`          | How big.          |",
        "| `kind`   | `a`, `b`                 | –            | a \\| b.           |",
        "| `pair`   | a list of 2, each a name | –            | Two of them.      |",
        '| `either` | `off`; or a name         | `"off"`      | One or the other. |',
        "| `quiet`  | `true` or `false`        | `false`      | No words.         |",
      ].join("\n"),
    );
  });

  test("gives an object, a list of objects and a record of objects a section each", () => {
    const part = z.strictObject({ name: name.describe("Its name.") });
    const schema = z.strictObject({
      one: part.optional().describe("One."),
      some: z.array(part.describe("Each.")).default([]).describe("Some."),
      byName: z.record(z.string(), part.describe("Any.")).describe("By name."),
    });
    const titles = sections(schema, "Thing").filter((text) => text.startsWith("## "));
    expect(titles).toEqual(["## Thing", "## `one`", "## `some[]`", "## `byName.NAME`"]);
  });

  test("has no words for what nobody has put in a site yet, and says so", () => {
    expect(() => sections(z.strictObject({ when: z.date() }), "Thing")).toThrow("no words for a date");
  });
});
