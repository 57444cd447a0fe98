import { expect, test } from "vitest";
import type { Inventory, KeptImage, KeptInput } from "./gc.ts";
import { judge } from "./gc.ts";

const day = 86_400_000;
const nowMs = 100 * day;
const image = (name: string, more: Partial<KeptImage> = {}): KeptImage => ({
  ...{ kind: "image", name: `${name} 0123`, image: name, paths: [], sizeBytes: 1, usedMs: nowMs - 40 * day },
  ...{ newest: true, held: false, inputs: [], ...more },
});
const input = (name: string, more: Partial<KeptInput> = {}): KeptInput => ({
  ...{ kind: "package", name, paths: [], sizeBytes: 1, usedMs: nowMs - 40 * day, held: false, ...more },
});

function judged(inventory: Partial<Inventory>): string[] {
  const whole = { images: [], inputs: [], leftovers: [], sites: new Map(), ...inventory };
  return judge(whole, { nowMs, olderThanMs: 30 * day }).map(
    ({ what, keep, why }) => `${keep ? "keep" : "go"} ${what.name}: ${why}`,
  );
}

test("an image stays that is used, that a site names, or that was used not long ago; its older builds too, for a while", () => {
  expect(
    judged({
      images: [
        image("served", { held: true }),
        image("named"),
        image("named", { newest: false }),
        image("named", { newest: false, usedMs: nowMs - day }),
        image("recent", { usedMs: nowMs - 2 * day }),
        image("forgotten"),
        image("future", { usedMs: nowMs + day }),
      ],
      sites: new Map([["named", "/rack/site.ts"]]),
    }),
  ).toEqual([
    "keep served 0123: in use",
    "keep named 0123: of the site /rack/site.ts",
    "go named 0123: last used 40 d 00 h ago",
    "keep named 0123: last used 1 d 00 h ago",
    "keep recent 0123: last used 2 d 00 h ago",
    "go forgotten 0123: last used 40 d 00 h ago",
    "keep future 0123: last used 0 ms ago",
  ]);
});

test("what a kept image was made from stays with it, and goes with the last of them", () => {
  const [a, b] = ["a".repeat(64), "b".repeat(64)];
  expect(
    judged({
      images: [image("kept", { held: true, inputs: [a] }), image("gone", { inputs: [a, b] })],
      inputs: [
        input("linux", { sha256: a }),
        input("tarball", { sha256: b, kind: "download" }),
        input("loader", { held: true }),
        input("old"),
        input("new", { usedMs: nowMs }),
      ],
    }),
  ).toEqual([
    "keep kept 0123: in use",
    "go gone 0123: last used 40 d 00 h ago",
    "keep linux: what kept 0123 was made from",
    "go tarball: last used 40 d 00 h ago",
    "keep loader: in use",
    "go old: last used 40 d 00 h ago",
    "keep new: last used 0 ms ago",
  ]);
});

test("what was put aside or broke off goes by its age", () => {
  const leftover = { kind: "quarantine" as const, paths: [], sizeBytes: 1 };
  expect(
    judged({
      leftovers: [
        { ...leftover, name: "old", usedMs: nowMs - 31 * day },
        { ...leftover, name: "young", usedMs: nowMs - 29 * day },
      ],
    }),
  ).toEqual(["go old: last used 31 d 00 h ago", "keep young: last used 29 d 00 h ago"]);
});
