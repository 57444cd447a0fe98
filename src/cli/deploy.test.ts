import { describe, expect, test } from "vitest";
import { checkedSite } from "../site/load.ts";
import { membersOf } from "./deploy.ts";
import { formatSlots } from "./slots.ts";

describe("the machines that something is deployed on", () => {
  test("of a group are those that use it, also by way of another", () => {
    const machine = (name: string, last: string, use: string[]) => ({
      name,
      mac: `52:54:00:69:00:${last}`,
      use,
    });
    const site = checkedSite(
      {
        name: "x",
        groups: { all: {}, web: { use: "all" }, other: {} },
        machines: [machine("a", "01", ["web"]), machine("b", "02", ["all"]), machine("c", "03", ["other"])],
      },
      "test",
    );
    expect(membersOf("all", site)).toEqual(["a", "b"]);
    expect(membersOf("web", site)).toEqual(["a"]);
  });

  test("are shown with their slots, and with what became of a trial", () => {
    expect(
      formatSlots([
        ["a", { regular: "os-2", old: "os-1" }],
        ["b", { new: "os-2" }],
        ["c", { regular: "os-1", new: "os-2", tried: { instead: "os-1" } }],
        ["d", { regular: "os-1", failed: "os-2" }],
      ]),
    ).toEqual([
      "MACHINE  REGULAR     OLD   NEW   WHAT IS SO",
      "a        os-2        os-1  -",
      "b        the site's  -     os-2  is tried at the next boot",
      "c        os-1        -     os-2  is being tried",
      "d        os-1        -     -     os-2 did not report ready",
    ]);
  });
});
