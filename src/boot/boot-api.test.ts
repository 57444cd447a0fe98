import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { Timeline } from "../core/timeline.ts";
import type { FetchText } from "./ask-boot-api.ts";
import { BootApi } from "./ask-boot-api.ts";
import { apiBootFor, apiScript, parseApiBoot } from "./boot-api.ts";
import type { BootSite } from "./boot-site.ts";
import type { BootDecisionFacts } from "./facts.ts";
import { defaultLoaders } from "./loaders.ts";
import { planFor } from "./plan.ts";
import { marker } from "./script-address.ts";

const mac = "52:54:00:69:00:0a";
const stranger = "02:00:00:00:00:01";
const image = { kernel: { name: "vmlinuz" }, initrds: [{ name: "initrd.img" }], commandLine: "quiet" };
const images = new Map([["rescue", image]]);
const site: BootSite = {
  server: "10.69.0.1",
  http: "http://10.69.0.1",
  machines: [{ name: "node1", mac, image: "rescue", commandLine: "console=ttyS0" }],
  images: new Map([["rescue", { reportsReady: false }]]),
  loaders: defaultLoaders,
};
const asking: BootSite = { ...site, api: { url: "http://10.69.0.2/" } };
const askedAt = "http://10.69.0.2/v1/boot/52:54:00:69:00:0a";

describe("what we say of a machine", () => {
  test("is what its script boots, with the MAC filled in", () => {
    expect(apiBootFor("52-54-00-69-00-0A", site, images)).toEqual({
      kernel: "http://10.69.0.1/images/rescue/vmlinuz",
      initrd: ["http://10.69.0.1/images/rescue/initrd.img"],
      cmdline: "initrd=initrd.img BOOTIF=01-52-54-00-69-00-0a quiet console=ttyS0",
      message: "booting rescue on node1",
    });
  });

  test.each([
    ["a stranger, whatever the default image is", stranger],
    ["what is no MAC", "node1"],
    ["nothing", ""],
  ])("is nothing for %s", (_, asked) => {
    expect(apiBootFor(asked, { ...site, defaultImage: "rescue" }, images)).toBeUndefined();
  });

  test("can be read by who asks other APIs", () => {
    const said = apiBootFor(mac, site, images);
    expect(parseApiBoot(JSON.stringify(said), askedAt)).toEqual(said);
  });
});

describe("what another API says", () => {
  test("has relative addresses, a command line by name, and templates of URLs", () => {
    const boot = {
      kernel: "/k",
      initrd: ["i?v=1"],
      cmdline: { a: "b", quiet: true, no: false, u: { url: "/c" } },
    };
    expect(parseApiBoot(JSON.stringify(boot), askedAt)).toEqual({
      kernel: "http://10.69.0.2/k",
      initrd: ["http://10.69.0.2/v1/boot/i?v=1"],
      cmdline: "a=b quiet u=http://10.69.0.2/c",
    });
    const text = JSON.stringify({ kernel: "http://x/k", cmdline: 'cloud={{ URL "/c" }} q' });
    expect(parseApiBoot(text, askedAt).cmdline).toBe("cloud=http://10.69.0.2/c q");
  });

  test.each([
    ["no JSON", "<html>"],
    ["no kernel", "{}"],
    ["a kernel that is no web address", '{"kernel":"file:///etc/shadow"}'],
    ["a script's command", '{"kernel":"http://x/k","cmdline":"a || shell"}'],
    ["a setting of iPXE's", `{"kernel":"http://x/k","cmdline":"a=\${net0/mac}"}`],
    ["a second line", '{"kernel":"http://x/k","cmdline":"a\\nshell"}'],
    ["a template that is not ours to fill", '{"kernel":"http://x/k","cmdline":"{{ID \\"/x\\"}}"}'],
    ["a hundred initrds", JSON.stringify({ kernel: "http://x/k", initrd: Array(100).fill("/i") })],
  ])("is refused with %s", (_, text) => {
    expect(() => parseApiBoot(text, askedAt)).toThrow(DecodeError);
  });

  test("becomes a script, whose words are words whatever the message holds", () => {
    const script = apiScript(
      {
        kernel: "http://x/k",
        initrd: ["http://x/i"],
        cmdline: "q",
        message: "a || shell\n$",
      },
      site,
    );
    expect(script.split("\n").filter((line) => /^(kernel|initrd|boot)/.test(line))).toEqual([
      "kernel --name kernel http://x/k initrd=initrd0 q || goto failed",
      "initrd --name initrd0 http://x/i || goto failed",
      "boot || goto broken",
    ]);
    expect(script).toContain("\necho dryboot: a ? shell $\n"); // what it says is no command
  });
});

describe("who is booted by another API", () => {
  const ipxe = { mac: stranger, htype: 1, architectures: [], userClasses: [marker] };
  const pxe = { ...ipxe, userClasses: [], vendorClass: "PXEClient", architectures: [7] };

  test("a machine the site does not know gets loader and script, though there is no default image", () => {
    expect(planFor(pxe, site).step).toBe("none");
    expect(planFor(pxe, asking)).toMatchObject({ step: "loader", dhcp: { file: "snponly.efi" } });
    const plan = planFor(ipxe, asking);
    expect(plan).toMatchObject({ step: "script", reason: expect.stringContaining("boot API") });
    expect(plan).not.toHaveProperty("image");
  });

  test("a machine of the site is not", () => {
    expect(planFor({ ...ipxe, mac }, asking)).toMatchObject({ image: "rescue" });
  });
});

describe("asking", () => {
  function api(fetch: FetchText) {
    const timeline = new Timeline<BootDecisionFacts>();
    let now = 0;
    const asked: string[] = [];
    const deps = { timeline, now: () => now };
    const counted: FetchText = (address) => {
      asked.push(address);
      return fetch(address);
    };
    return {
      api: new BootApi("http://10.69.0.2/", { ...deps, fetch: counted }),
      timeline,
      asked,
      later(ms: number) {
        now += ms;
      },
    };
  }
  const kernel = { status: 200, text: '{"kernel":"/k"}' };

  test("is done once in a few seconds, also by many at once", async () => {
    const { api: one, asked, later, timeline } = api(async () => kernel);
    const [says] = await Promise.all([one.ask(stranger), one.ask(stranger)]);
    expect(says).toMatchObject({ boot: { kernel: "http://10.69.0.2/k" } });
    later(4999);
    await one.ask(stranger);
    expect(asked).toEqual(["http://10.69.0.2/v1/boot/02:00:00:00:00:01"]);
    later(1);
    await one.ask(stranger);
    expect(asked).toHaveLength(2);
    expect(timeline.facts("api.answered")[0]).toMatchObject({ mac: stranger, kernel: "http://10.69.0.2/k" });
  });

  test("a status that is not 200 means nothing to boot; trouble is a fact and not an error", async () => {
    expect(await api(async () => ({ status: 404, text: "" })).api.ask(stranger)).toEqual({ nothing: true });
    const broken = api(async () => ({ status: 200, text: "<html>" }));
    expect(await broken.api.ask(stranger)).toMatchObject({ problem: expect.stringContaining("not JSON") });
    expect(broken.timeline.facts("api.failed")).toHaveLength(1);
    const absent = api(async () => {
      throw new Error("connect ECONNREFUSED");
    });
    expect(await absent.api.ask(stranger)).toEqual({ problem: "connect ECONNREFUSED" });
  });

  test("is not done for many at once", async () => {
    const { api: one, asked } = api(() => new Promise(() => {}));
    for (let n = 0; n < 40; n += 1) void one.ask(`02:00:00:00:01:${n.toString(16).padStart(2, "0")}`);
    expect(asked).toHaveLength(16);
    expect(await one.ask(stranger)).toMatchObject({ problem: expect.stringContaining("too many") });
  });
});
