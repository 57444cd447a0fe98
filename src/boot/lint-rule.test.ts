import { describe, expect, test } from "vitest";
import { image, site } from "./lint.fixture.ts";
import { lint } from "./lint-rule.ts";
import { allRules } from "./lint-rules.ts";

const ip = undefined as unknown as string; // as in a machine without the key

describe("all rules together", () => {
  test("have nothing to say of a sound site", () => expect(lint(site(), allRules)).toEqual([]));

  test("put the worst first, and say a fault that machines share once", () => {
    const found = lint(
      site({ machines: [{}, { name: "node2", ip }], commandLine: "ovl_dev=x", found: [] }),
      allRules,
    );
    expect(found.map(({ rule }) => [rule.severity, rule.id])).toEqual([
      ["error", "loader-absent"],
      ["error", "loader-absent"],
      ["error", "loader-absent"],
      ["info", "parameter-removed"],
    ]);
  });

  test("do not guess at an image that is not built", () => {
    const { built: _, ...unbuilt } = { ...image, state: "absent" as const };
    const unknown = { ...site(), images: new Map([["rescue", unbuilt]]) };
    expect(lint(unknown, allRules).map(({ rule }) => rule.id)).toEqual(["image-not-built"]);
  });
});
