import { expect, test } from "vitest";
import type { BootSite } from "./boot-site.ts";
import { printWord } from "./ipxe/words.ts";
import { kernelCommandLine } from "./kernel-command-line.ts";
import type { MachineState } from "./lifecycle.ts";
import { defaultLoaders } from "./loaders.ts";
import { planFor } from "./plan.ts";
import { clientOfScript } from "./script-address.ts";

const site: BootSite = {
  ...{ server: "10.69.0.1", http: "http://10.69.0.1", loaders: defaultLoaders, defaultImage: "a" },
  machines: [{ name: "shoe", mac: "52:54:00:69:00:0a" }],
  images: new Map(["a", "b"].map((name) => [name, { reportsReady: true }])),
};

function commandLine(state: MachineState, own: string): string[] {
  const client = clientOfScript(new URLSearchParams({ mac: "52:54:00:69:00:0a" }));
  const plan = client && planFor(client, site, undefined, () => state);
  if (plan?.step !== "script" || plan.image === undefined) throw new Error("it boots an image");
  const image = { kernel: { name: "k" }, initrds: [], commandLine: own };
  return kernelCommandLine({ ...plan, image: plan.image }, image, site).map(printWord);
}

test("a kernel on trial comes back by itself when it panics, and others wait to be looked at", () => {
  expect(commandLine({ slots: { new: "b" } }, "quiet --- installed")).toContain("panic=3");
  expect(commandLine({ slots: { new: "b" } }, "panic=0")).not.toContain("panic=3");
  for (const state of [{}, { slots: { regular: "b" } }, { next: "b" }, { slots: { new: "b", tried: {} } }]) {
    expect(commandLine(state, "quiet")).not.toContain("panic=3");
  }
});

test("what the site does not have any more is not tried", () => {
  const client = clientOfScript(new URLSearchParams({ mac: "52:54:00:69:00:0a" }));
  const state = { slots: { regular: "gone", new: "gone-too" } };
  expect(client && planFor(client, site, undefined, () => state)).toMatchObject({ image: "a" });
});
