import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFolder } from "../core/folders.ts";
import { consoleSentinels } from "./sentinels.ts";

const page = await readFile(join(projectFolder, "docs/troubleshooting.md"), "utf8");
const headings = [...page.matchAll(/^### (.*)$/gm)].flatMap(([, line = ""]) =>
  line.split(", ").map((name) => name.replaceAll("`", "")),
);

describe("docs/troubleshooting.md", () => {
  test.each(consoleSentinels.map(({ id }) => id))("explains the sign %s under a heading of its own", (id) => {
    expect(headings.filter((heading) => heading === id)).toEqual([id]);
  });

  test("explains every other sign that can end a wait", async () => {
    const sources = ["wait.ts", "failure-watch.ts"].map((name) =>
      readFile(join(import.meta.dirname, name), "utf8"),
    );
    const source = (await Promise.all(sources)).join("\n");
    const ids = [...source.matchAll(/\bsentinel: "([a-z-]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(expect.arrayContaining(["deadline", "dhcp-silent"]));
    expect(headings).toEqual(expect.arrayContaining(ids));
  });

  test("leads every link to a place that is there", () => {
    const anchors = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, link]) => link);
    expect(links).not.toEqual([]);
    expect(anchors).toEqual(expect.arrayContaining(links));
  });
});
