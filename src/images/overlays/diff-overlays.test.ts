import { expect, test } from "vitest";
import { diffOverlays } from "./diff-overlays.ts";
import { merged } from "./layers.fixture.ts";
import type { OverlayTree } from "./overlay.ts";
import { packOverlay } from "./pack-overlay.ts";
import { readArchive } from "./read-archive.ts";

const first = {
  "overlay.yaml": "services: { default: [sshd] }",
  "etc/motd": "one",
  "etc/same": "same",
  "etc/only/here": "x",
  "etc/kind": "file",
};
const second = {
  "overlay.yaml": 'files: { etc/same: { mode: "0600", owner: "0:42" } }',
  "etc/motd": "three",
  "etc/same": "same",
  "etc/kind/now": "folder",
  "etc/runlevels/default/sshd": { link: "/etc/init.d/dropbear" },
};

test("two overlays differ in what is there, of which kind, whose and how long", async () => {
  expect(diffOverlays(await merged(first), await merged(second))).toEqual([
    { path: "etc/kind", change: "changed", says: ["a file is a folder"] },
    { path: "etc/kind/now", change: "only in the second", says: [] },
    { path: "etc/motd", change: "changed", says: ["content of 3 bytes is another of 5 bytes"] },
    { path: "etc/only", change: "only in the first", says: [] },
    { path: "etc/only/here", change: "only in the first", says: [] },
    {
      path: "etc/runlevels/default/sshd",
      change: "changed",
      says: ["-> /etc/init.d/sshd is -> /etc/init.d/dropbear"],
    },
    { path: "etc/same", change: "changed", says: ["mode 0644 is 0600", "owner 0:0 is 0:42"] },
  ]);
});

test("an overlay is its own archive", async () => {
  const tree = await merged(first);
  expect(diffOverlays(tree, await readArchive(await packOverlay(tree), "x"))).toEqual([]);
});

test("folders that an archive does not name are no difference", async () => {
  const tree = await merged({ "etc/app/conf": "x" });
  const bare = new Map([...tree].filter(([, { kind }]) => kind !== "folder"));
  expect(diffOverlays(tree, bare)).toEqual([]);
});

test("a file that waits for its secret is not compared with one that has it", async () => {
  const common = { path: "etc/app", mode: 0o644, uid: 0, gid: 0, layer: "x", kind: "file" } as const;
  const waiting: OverlayTree = new Map([["etc/app", { ...common, content: [{ secret: "db" }] }]]);
  const whole: OverlayTree = new Map([["etc/app", { ...common, content: [Buffer.from("hunter2")] }]]);
  const [difference] = diffOverlays(waiting, whole);
  expect(difference).toMatchObject({ change: "not compared" });
  expect(JSON.stringify(difference)).not.toContain("hunter2");
  expect(diffOverlays(waiting, waiting)).toEqual([]);
});
