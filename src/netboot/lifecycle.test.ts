import { expect, test } from "vitest";
import type { BootSite } from "../boot/boot-site.ts";
import type { MachineState } from "../boot/lifecycle.ts";
import { defaultLoaders } from "../boot/loaders.ts";
import { menu } from "../boot/menu.fixture.ts";
import { planFor } from "../boot/plan.ts";
import { marker } from "../boot/script-address.ts";
import { Timeline } from "../core/timeline.ts";
import type { NetbootFacts } from "../facts.ts";
import { assignOverHttp, startLifecycle } from "./lifecycle.ts";
import type { MachineStates } from "./machine-states.ts";
import { openMachineStates } from "./machine-states.ts";

const site: BootSite = {
  ...{ server: "10.69.0.1", http: "http://10.69.0.1", loaders: defaultLoaders },
  machines: [{ name: "shoe", mac: "52:54:00:69:00:0a" }],
  images: new Map([["rescue", { reportsReady: true }]]),
};

async function put(path: string, address: string, authorization: string) {
  const timeline = new Timeline<NetbootFacts>();
  const lifecycle = startLifecycle(await openMachineStates(), () => ({ site, images: site.images }), {
    timeline,
  });
  const request = { method: "PUT", path, query: new URLSearchParams(), headers: { authorization }, address };
  const mayRead = (from: string) => from === "10.69.0.2";
  return await assignOverHttp(request, '{"next":"rescue"}', { lifecycle, token: "a".repeat(20), mayRead });
}

test.each([
  ["v1/machines/shoe/boot", "10.69.0.2", `Bearer ${"a".repeat(20)}`, 200],
  ["v1/machines/shoe/boot", "10.69.0.3", `Bearer ${"a".repeat(20)}`, 403],
  ["v1/machines/shoe/boot", "10.69.0.2", `Bearer ${"a".repeat(19)}`, 401],
  ["v1/machines/shoe/boot", "10.69.0.2", "", 401],
  ["v1/machines/shoo/boot", "10.69.0.2", `Bearer ${"a".repeat(20)}`, 404],
  ["v1/machines/shoe", "10.69.0.2", `Bearer ${"a".repeat(20)}`, 404],
])("PUT %s from %s with %j is answered %i", async (path, address, authorization, status) =>
  expect(await put(path, address, authorization)).toMatchObject({ status }),
);

/** The lifecycle of one machine that boots `rescue`, and the handing out of its scripts. */
function handing(states: MachineStates, at: BootSite = site) {
  const timeline = new Timeline<NetbootFacts>();
  const lifecycle = startLifecycle(states, () => ({ site: at, images: at.images }), { timeline });
  const shoe = { mac: "52:54:00:69:00:0a", htype: 1, architectures: [0], userClasses: [marker] };
  const hand = () => lifecycle.scriptHanded(planFor(shoe, at, undefined, lifecycle.stateOf));
  return { timeline, lifecycle, hand };
}
const booting: BootSite = { ...site, defaultImage: "rescue" };

test("a machine boots once what was asked for, though nothing can be written down", async () => {
  let state: MachineState = { next: "rescue" };
  const { timeline, lifecycle, hand } = handing(
    {
      names: () => [],
      of: () => state,
      change(_, change) {
        state = change(state);
        return Promise.reject(new Error("ENOSPC: no space left on device"));
      },
    },
    booting,
  );
  await hand();
  expect(lifecycle.stateOf("shoe")).toEqual({ running: { image: "rescue", mode: "next" } });
  await lifecycle.ready("shoe");
  const unsaved = { machine: "shoe", problem: "ENOSPC: no space left on device" };
  expect(timeline.facts("machine.unsaved")).toMatchObject([unsaved, unsaved]);
  expect(await lifecycle.assign("shoe", { mode: "local" }, "control")).toMatchObject({
    problem: expect.stringContaining("cannot be written down: ENOSPC"),
    hint: expect.stringContaining("make room"),
  });
});

test("what is picked in a menu nobody knows: it is no trial of an image, and no report of one", async () => {
  const { lifecycle, hand } = handing(await openMachineStates(), { ...booting, menu });
  for (let times = 0; times < 4; times += 1) await hand();
  await lifecycle.ready("shoe");
  expect(lifecycle.stateOf("shoe")).toEqual({});
  await lifecycle.assign("shoe", { mode: "always", image: "rescue" }, "control");
  await hand();
  await lifecycle.ready("shoe");
  expect(lifecycle.stateOf("shoe")).toMatchObject({ good: "rescue" });
});

test("what is deployed is tried once, and kept when the machine reports", async () => {
  const images = new Map([
    ["rescue", { reportsReady: true }],
    ["next", { reportsReady: true }],
    ["silent", { reportsReady: false }],
  ]);
  const { timeline, lifecycle, hand } = handing(await openMachineStates(), { ...booting, images });
  const deploy = (image: string) => lifecycle.assign("shoe", { deploy: image }, "control");
  expect(await deploy("silent")).toMatchObject({ problem: expect.stringMatching(/never reports/) });
  expect(await lifecycle.assign("shoe", { slot: "back" }, "control")).toHaveProperty("problem");

  expect(await deploy("next")).toMatchObject({ state: { slots: { new: "next" } } });
  await hand();
  await hand(); // it came back without a word
  expect(timeline.facts("deploy.rolled-back")).toMatchObject([
    { machine: "shoe", image: "next", to: "rescue" },
  ]);
  await deploy("next");
  await hand();
  await lifecycle.ready("shoe");
  expect(timeline.facts("deploy.promoted")).toMatchObject([
    { machine: "shoe", image: "next", old: "rescue" },
  ]);
  expect(await lifecycle.assign("shoe", { slot: "back" }, "control")).toMatchObject({
    state: { slots: { regular: "rescue", old: "next" } },
  });
});
