import { expect, test } from "vitest";
import type { BootSite } from "../boot/boot-site.ts";
import { defaultLoaders } from "../boot/loaders.ts";
import { Timeline } from "../core/timeline.ts";
import type { NetbootFacts } from "../facts.ts";
import { assignOverHttp, startLifecycle } from "./lifecycle.ts";
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
