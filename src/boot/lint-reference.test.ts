import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFolder } from "../core/folders.ts";
import { scriptRules } from "./ipxe/lint-script.ts";
import { lintReference } from "./lint-reference.ts";
import { allRules } from "./lint-rules.ts";

describe("the manual of the rules", () => {
  test("is the one in docs: write it anew with `node docs/lint-reference.ts`", () => {
    expect(readFileSync(join(projectFolder, "docs/lint.md"), "utf8")).toBe(lintReference());
  });

  test.each([...allRules, ...scriptRules].map((rule) => [rule.id, rule] as const))(
    "has a section on %s",
    (id, { why, title }) => {
      expect(lintReference()).toContain(`### ${id}\n`);
      expect(why.length).toBeGreaterThan(60);
      expect(title).not.toMatch(/\.$/);
    },
  );
});
