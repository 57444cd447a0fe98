import { describe, expect, test } from "vitest";
import type { BootSite } from "./boot-site.ts";
import { defaultLoaders } from "./loaders.ts";
import type { Loop } from "./loop.ts";
import { scriptFor } from "./script-for.ts";

const site: BootSite = {
  server: "10.69.0.1",
  http: "http://10.69.0.1",
  machines: [{ name: "node1", mac: "52:54:00:69:00:0a", image: "rescue" }],
  images: new Map([["rescue", { reportsReady: true }]]),
  loaders: defaultLoaders,
};
const loop: Loop = { what: "script", file: "boot.ipxe", times: 3, withinMs: 12_300 };
const images = new Map([["rescue", { kernel: { name: "vmlinuz" }, initrds: [], commandLine: "" }]]);
const query = new URLSearchParams("by=dryboot&mac=52-54-00-69-00-0a&arch=0");

describe("the script that ends a loop", () => {
  test("reads like this", () => {
    const problem = "HTTP 404 for images/rescue/vmlinuz";
    expect(scriptFor(query, site, images, { loop: { ...loop, problem } })).toMatchInlineSnapshot(`
      "#!ipxe
      set user-class dryboot
      echo dryboot: boot failed: it goes round in circles: node1 asked for its script 3 times within 12.3 s, and fetched no kernel
      echo dryboot: the last problem was: HTTP 404 for images/rescue/vmlinuz
      echo dryboot: on the server, this says what happened: dryboot logs --boots --machine node1
      prompt --key s --timeout 10000 dryboot: press s within 10 seconds for a shell && shell ||
      prompt --timeout 50000 dryboot: press any key to try again now; it does so by itself in 50 s && echo dryboot: trying again ||
      chain --replace --autofree http://10.69.0.1/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a&arch=0 || exit 1
      "
    `);
  });

  test("quotes what came from the network as text and nothing else", () => {
    const script = scriptFor(query, site, images, { loop: { ...loop, problem: `x || shell\n$${"{y}"} #` } });
    expect(script.split("\n")[3]).toBe("echo dryboot: the last problem was: x ? shell??{y} ?");
  });

  test("is not for a machine that has nothing to boot: why it has not is said instead", () => {
    const stranger = new URLSearchParams("mac=52-54-00-69-00-0b");
    expect(scriptFor(stranger, site, images, { loop })).toContain("is no machine of this site");
  });
});
