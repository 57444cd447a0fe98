import { describe, expect, test } from "vitest";
import { resolveWorld } from "./apk-resolve.ts";
import { recordsOf } from "./index.fixture.ts";

type Packages = readonly Readonly<Record<string, string>>[];

/** The names in the order of their installation; why there is none. */
function resolved(world: string, ...packages: Packages): string {
  const answer = resolveWorld(world.split(" "), recordsOf(...packages));
  if ("problem" in answer) return answer.problem;
  return answer.packages
    .map(({ name, version }) => (version === "1.0-r0" ? name : `${name}-${version}`))
    .join(" ");
}

const musl = { P: "musl", p: "so:libc.so=1" };

describe("a world", () => {
  test("brings what it needs, what is needed first", () => {
    const packages: Packages = [
      { P: "app", D: "lib /bin/sh" },
      { P: "lib", D: "so:libc.so" },
      { P: "busybox", p: "/bin/sh" },
      musl,
    ];
    expect(resolved("app", ...packages)).toBe("musl lib busybox app");
  });

  test("may need each other", () => {
    expect(resolved("a", { P: "a", D: "b" }, { P: "b", D: "a" })).toBe("b a");
  });

  test("gets the newest version that will do", () => {
    const versions: Packages = [
      { P: "lib", V: "1.9-r0" },
      { P: "lib", V: "1.10-r0" },
      { P: "lib", V: "2.0-r0" },
    ];
    expect(resolved("lib", ...versions)).toBe("lib-2.0-r0");
    expect(resolved("lib<2", ...versions)).toBe("lib-1.10-r0");
    expect(resolved("lib~1.9", ...versions)).toBe("lib-1.9-r0");
  });

  test("takes an older version where another package needs that", () => {
    const packages: Packages = [
      { P: "lib", V: "1.9-r0" },
      { P: "lib", V: "2.0-r0" },
      { P: "zapp", D: "lib<2" },
    ];
    expect(resolved("lib zapp", ...packages)).toBe("lib-1.9-r0 zapp");
  });

  test("gets the provider of the higher priority", () => {
    const packages: Packages = [
      { P: "dash", p: "sh", k: "10" },
      { P: "busybox", p: "sh", k: "100" },
    ];
    expect(resolved("sh", ...packages)).toBe("busybox");
    expect(resolved("dash sh", ...packages)).toBe("dash");
  });

  test("must say which one where nothing decides between providers", () => {
    const packages: Packages = [
      { P: "dash", p: "sh" },
      { P: "busybox", p: "sh" },
    ];
    expect(resolved("sh", ...packages)).toBe(
      "the world needs sh, and it must be said which one: busybox, dash",
    );
  });

  test("gets what asks to come along, once everything it waits for is there", () => {
    const packages: Packages = [
      { P: "chrony" },
      { P: "openrc" },
      { P: "chrony-openrc", i: "openrc chrony=1.0-r0", D: "extra" },
      { P: "extra" },
      { P: "chrony-doc", i: "docs chrony" },
      { P: "chrony-alone", i: "chrony !openrc" },
    ];
    expect(resolved("chrony openrc", ...packages)).toBe("chrony openrc extra chrony-openrc");
    expect(resolved("chrony", ...packages)).toBe("chrony chrony-alone");
  });

  test("leaves out what asks to come along and cannot", () => {
    const packages: Packages = [{ P: "a" }, { P: "a-more", i: "a", D: "nowhere" }];
    expect(resolved("a", ...packages)).toBe("a");
  });

  test("goes round a conflict where it can", () => {
    const packages: Packages = [
      { P: "app", D: "tool" },
      { P: "tool-new", p: "tool=2", D: "!old" },
      { P: "tool-plain", p: "tool=1" },
      { P: "old" },
    ];
    expect(resolved("app old", ...packages)).toBe("tool-plain app old");
  });

  test.each([
    ["what is not there", "app", [{ P: "app", D: "lib" }], "app-1.0-r0 needs lib, which is not there"],
    [
      "a version that is not there",
      "lib>2",
      [{ P: "lib" }],
      "the world needs lib>2, and nothing that is there will do",
    ],
    ["two that cannot be together", "a b", [{ P: "a", D: "!b" }, { P: "b" }], "cannot be with"],
    ["what it forbids", "a !b", [{ P: "a", D: "b" }, { P: "b" }], "cannot be with"],
    ["a name that is none", "a=b=c", [], "`a=b=c` is no name of a package"],
  ] satisfies [string, string, Packages, string][])("is refused with %s", (_, world, packages, problem) => {
    expect(resolved(world, ...packages)).toContain(problem);
  });

  test("gives the same set whatever the order of its words and of the index", () => {
    const packages: Packages = [
      { P: "app", D: "lib sh" },
      { P: "lib" },
      musl,
      { P: "busybox", p: "sh", k: "1" },
    ];
    expect(resolved("musl app", ...packages.toReversed())).toBe(resolved("app musl", ...packages));
  });

  test("of a thousand packages in a row has no depth to fall into", () => {
    const chain = Array.from({ length: 3000 }, (_, at) => ({
      P: `p${at}`,
      ...(at > 0 ? { D: `p${at - 1}` } : {}),
    }));
    expect(resolved("p2999", ...chain).split(" ")).toHaveLength(3000);
  });
});
