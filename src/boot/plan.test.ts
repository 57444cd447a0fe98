import { describe, expect, test } from "vitest";
import type { NetbootClient } from "../dhcp/client.ts";
import type { BootSite } from "./boot-site.ts";
import { defaultLoaders } from "./loaders.ts";
import type { Loop } from "./loop.ts";
import { planFor } from "./plan.ts";

const mac = "52:54:00:69:00:0a";
const uuid = "5f3c0a1e-0000-4000-8000-525400690010";

const site: BootSite = {
  server: "10.69.0.1",
  http: "http://10.69.0.1",
  machines: [
    { name: "node1", mac, image: "rescue" },
    { name: "blank", mac: "52:54:00:69:00:0b" },
    { name: "fussy", mac: "52:54:00:69:00:0c", image: "rescue", loader: "ipxe.efi" },
    { name: "moved", mac: "52:54:00:69:00:0d", image: "installer", uuid },
  ],
  images: new Map([
    ["rescue", { reportsReady: true }],
    ["installer", { reportsReady: false }],
  ]),
  loaders: defaultLoaders,
};

const client = (more: Partial<NetbootClient> = {}): NetbootClient => ({
  mac,
  htype: 1,
  architectures: [],
  userClasses: [],
  ...more,
});
const pxe = (architectures: number[], more: Partial<NetbootClient> = {}) =>
  client({ architectures, vendorClass: "PXEClient:Arch:00000:UNDI:002001", ...more });
const ipxe = (features: number[], more: Partial<NetbootClient> = {}) =>
  pxe([0], { userClasses: ["iPXE"], ipxe: { version: "1.0.0", features: new Set(features) }, ...more });

/** What Debian 12's ROM for QEMU really sends. */
const romFeatures = [16, 17, 18, 19, 21, 23, 24, 25, 33, 34, 39, 41];

const fileOf = (asking: NetbootClient, at: BootSite = site) => {
  const { dhcp } = planFor(asking, at);
  return "file" in dhcp ? dhcp.file : undefined;
};

describe("what a client is answered", () => {
  // facts/protocols.md §1.2 for the numbers, §1.5 for the choice of loader
  test.each([
    ["x86 BIOS", [0], "undionly.kpxe"],
    ["x64 UEFI", [7], "snponly.efi"],
    ["x64 UEFI that believes RFC 4578 as printed", [9], "snponly.efi"],
    ["firmware that leads with a number nobody knows", [4711, 7], "snponly.efi"],
    ["a ROM older than option 93", [], "undionly.kpxe"],
  ])("%s gets its loader over TFTP", (_, architectures, file) => {
    expect(planFor(pxe(architectures), site)).toMatchObject({
      step: "loader",
      image: "rescue",
      dhcp: { file, nextServer: "10.69.0.1" },
    });
  });

  // §1.3: the URI's name must end in .efi (§1.4), and an address saves the client a DNS server
  test("UEFI's HTTP boot gets the loader's address", () => {
    const asking = client({ architectures: [16], vendorClass: "HTTPClient:Arch:00016:UNDI:003001" });
    const plan = planFor(asking, site);
    expect(plan).toMatchObject({ step: "loader", dhcp: { file: "http://10.69.0.1/snponly.efi" } });
    expect(plan.reason).toBe(
      "HTTP boot firmware for x64 UEFI boot from HTTP (architecture 16) on node1 gets snponly.efi over HTTP",
    );
  });

  // §1.2: architecture 6 gets 32-bit loaders only; §1.5: loaders per machine
  test.each([
    ["32-bit UEFI", 6, "x86 UEFI (architecture 6)"],
    ["ARM64 UEFI", 11, "ARM 64-bit UEFI (architecture 11)"],
    ["a number of tomorrow", 99, "architecture 99"],
  ])("%s is told that there is no loader", (_, architecture, named) => {
    expect(planFor(pxe([architecture]), site)).toMatchObject({
      step: "none",
      dhcp: { none: `there is no loader for ${named}, which is what node1 asked for` },
    });
  });

  test("a site may bring loaders for more architectures, and another one for a fussy machine", () => {
    const loaders = { ...defaultLoaders, arm64: "snponly-arm64.efi" };
    expect(fileOf(pxe([11]), { ...site, loaders })).toBe("snponly-arm64.efi");
    expect(fileOf(pxe([7], { mac: "52:54:00:69:00:0c" }))).toBe("ipxe.efi");
  });
});

describe("a site that wants no old iPXE", () => {
  const wanting: BootSite = {
    ...site,
    oldestIpxe: "2.0.0",
    loaders: { ...defaultLoaders, biosFromIpxe: "ipxe-2.0.0/undionly.kpxe" },
  };
  const says = (version?: string) =>
    ipxe(romFeatures, { ipxe: { ...(version && { version }), features: new Set(romFeatures) } });

  test("gives one a newer iPXE first, and that one its script", () => {
    expect(planFor(says("1.0.0"), wanting)).toMatchObject({
      step: "loader",
      dhcp: { file: "ipxe-2.0.0/undionly.kpxe" },
      reason:
        "an iPXE 1.0.0, older than this site's 2.0.0, for x86 BIOS (architecture 0) on node1 gets ipxe-2.0.0/undionly.kpxe over TFTP",
    });
    expect(planFor(says(), wanting)).toMatchObject({ step: "loader" });
    expect(planFor(says("2.0.0"), wanting)).toMatchObject({ step: "script" });
  });

  test("takes one that has run our script for what it is, and gives it up when it goes round", () => {
    expect(planFor({ ...says("1.0.0"), userClasses: ["dryboot", "iPXE"] }, wanting).step).toBe("script");
    const loop: Loop = { what: "loader", file: "ipxe-2.0.0/undionly.kpxe", times: 3, withinMs: 9000 };
    expect(planFor(says("1.0.0"), wanting, loop).step).toBe("script");
  });
});

describe("a site that boots by another loader than iPXE", () => {
  const loaders = { ...defaultLoaders, bios: "pxelinux.0", x64: "grubnetx64.efi" };
  const other = { ...site, loaders };

  test("gives it to firmware, and to an iPXE in a ROM that could run the script", () => {
    expect(fileOf(pxe([0]), other)).toBe("pxelinux.0");
    expect(fileOf(pxe([7]), other)).toBe("grubnetx64.efi");
    expect(fileOf(pxe([16], { vendorClass: "HTTPClient" }), other)).toBe("http://10.69.0.1/grubnetx64.efi");
    expect(planFor(ipxe(romFeatures), other)).toMatchObject({
      step: "loader",
      dhcp: { file: "pxelinux.0" },
      reason:
        "an iPXE, which this site boots by another loader, for x86 BIOS (architecture 0) on node1 gets pxelinux.0 over TFTP",
    });
  });

  test("gives the script to an iPXE that a machine of it was given", () => {
    const machines = [{ name: "node1", mac, image: "rescue", loader: "ipxe-2.0.0/undionly.kpxe" }];
    expect(fileOf(ipxe(romFeatures), { ...other, machines })).toContain("/boot.ipxe?");
    expect(fileOf(ipxe(romFeatures, { userClasses: ["iPXE", "dryboot"] }), other)).toContain("/boot.ipxe?");
  });

  test("gives the script to an iPXE ROM that fetches the loader again and again", () => {
    const loop = { what: "loader", file: "pxelinux.0", times: 3, withinMs: 9000 } as const;
    expect(planFor(ipxe(romFeatures), other, loop)).toMatchObject({ step: "script" });
    expect(planFor(pxe([0]), other, loop)).toMatchObject({ step: "loader", dhcp: { file: "pxelinux.0" } });
  });
});

test("a machine's own loader that lives on the ROM's driver is not given to an iPXE", () => {
  const machines = [{ name: "node1", mac, image: "rescue", loader: "ipxe-2.0.0/undionly.kpxe" }];
  expect(fileOf(pxe([0]), { ...site, machines })).toBe("ipxe-2.0.0/undionly.kpxe");
  expect(fileOf(ipxe([24]), { ...site, machines })).toBe("ipxe.pxe");
});

describe("whoever runs iPXE", () => {
  // §1.1, option 175: HTTP (19), menus (39) and a kernel format (24 or 36) make our script run
  test.each([
    ["QEMU's BIOS ROM", romFeatures],
    ["an EFI build", [19, 36, 39]],
  ])("gets the script when it can run it: %s", (_, features) => {
    expect(planFor(ipxe(features, { uuid }), site)).toMatchObject({
      step: "script",
      image: "rescue",
      machine: site.machines[0],
      dhcp: {
        file: `http://10.69.0.1/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a&uuid=${uuid}&arch=0`,
        nextServer: "10.69.0.1",
      },
      reason: "an iPXE 1.0.0 that can run our script asks: the script boots rescue on node1",
    });
  });

  // §1.7, 3: an iPXE ROM must not be handed a script before it has what the script needs
  test.each([
    ["no HTTP", [24, 36, 39], "HTTP"],
    ["no menus", [19, 24], "menus"],
    ["no kernels", [19, 39], "Linux kernels"],
    ["nothing but the name", [], "HTTP, menus, Linux kernels"],
  ])("gets a loader when it has %s, and never one that needs UNDI", (_, features, lacks) => {
    const plan = planFor(ipxe(features), site);
    expect(plan).toMatchObject({ step: "loader", dhcp: { file: "ipxe.pxe" } });
    expect(plan.reason).toContain(`an iPXE without ${lacks} `);
  });

  test("gets UEFI's loader when it is a UEFI one", () => {
    expect(fileOf(ipxe([19], { architectures: [7] }))).toBe("snponly.efi");
  });

  // §1.7, 1 and 8: the loader loads itself
  test("never gets a loader again once it carries our marker", () => {
    const chained = ipxe([24, 39], { userClasses: ["iPXE", "dryboot"] });
    expect(planFor(chained, site)).toMatchObject({
      step: "none",
      reason: "node1 runs our loader, but it lacks what the script needs: HTTP",
    });
    expect(planFor(ipxe(romFeatures, { userClasses: ["dryboot"] }), site).step).toBe("script");
  });

  // §1.5: a UEFI iPXE may use the firmware's lease and never ask by DHCP; the address it fetches tells who it is
  test("may be known only by the script's address it fetched", () => {
    const plan = planFor(client({ userClasses: ["dryboot"] }), site);
    expect(plan).toMatchObject({ step: "script", image: "rescue" });
    expect(plan.reason).toBe("our script was asked for: the script boots rescue on node1");
  });
});

describe("which image", () => {
  const stranger = pxe([7], { mac: "52:54:00:69:00:ff" });

  test("a stranger gets nothing, and the reason names its MAC", () => {
    expect(planFor(stranger, site)).toMatchObject({
      step: "none",
      reason: "52:54:00:69:00:ff is no machine of this site, and the site has no default image",
      dhcp: { none: "52:54:00:69:00:ff is no machine of this site, and the site has no default image" },
    });
  });

  test("a stranger gets the default image when the site has one", () => {
    expect(planFor(stranger, { ...site, defaultImage: "rescue" })).toMatchObject({
      step: "loader",
      image: "rescue",
    });
  });

  test("a machine without an image gets nothing, before it has fetched anything", () => {
    const plan = planFor(pxe([7], { mac: "52:54:00:69:00:0b" }), site);
    expect(plan).toMatchObject({ step: "none", machine: { name: "blank" } });
    expect(plan.reason).toBe("blank (52:54:00:69:00:0b) has no image, and the site has no default image");
  });

  test("a machine with a new NIC is known by its UUID", () => {
    expect(planFor(pxe([7], { mac: "52:54:00:69:00:fe", uuid }), site)).toMatchObject({ image: "installer" });
  });

  test("a MAC counts more than a UUID, and a UUID of zeros counts for nothing", () => {
    expect(planFor(pxe([7], { uuid }), site)).toMatchObject({ image: "rescue" });
    const zeros = "00000000-0000-0000-0000-000000000000";
    const careless: BootSite = {
      ...site,
      machines: [{ name: "z", mac: "02:00:00:00:00:01", image: "rescue", uuid: zeros }],
    };
    expect(planFor(pxe([7], { uuid: zeros }), careless).step).toBe("none");
  });

  test("an operating system that only wants an address is not told to boot", () => {
    const plan = planFor(client({ vendorClass: "udhcp 1.36\u001b[31m" }), site);
    expect(plan.step).toBe("none");
    expect(plan.reason).toBe(
      String.raw`node1 did not ask to be booted (its vendor class is "udhcp 1.36\u001b[31m")`,
    );
  });
});

describe("who goes round in circles", () => {
  const loader: Loop = { what: "loader", file: "ipxe.pxe", times: 3, withinMs: 9000 };
  const script: Loop = { what: "script", file: "boot.ipxe", times: 3, withinMs: 9000 };

  // §1.7: the same answer once more would be the same circle once more
  test("with its script is told so, at the same address", () => {
    const asked = client({ userClasses: ["dryboot"] });
    const plan = planFor(asked, site, script);
    expect(plan).toMatchObject({ step: "script", loop: script, dhcp: planFor(asked, site).dhcp });
    expect(plan.reason).toBe("node1 fetched boot.ipxe 3 times within 9.00 s: it is told so");
  });

  test("with its loader is given the script when it is an iPXE, whatever it says it can do", () => {
    const plan = planFor(ipxe([19]), site, loader);
    expect(plan).toMatchObject({ step: "script", dhcp: { file: expect.stringContaining("/boot.ipxe?") } });
    expect(plan).not.toHaveProperty("loop");
  });

  test("with its loader gets it all the same when it is firmware, which can run nothing else", () => {
    const plan = planFor(pxe([7]), site, { ...loader, file: "snponly.efi" });
    expect(plan).toMatchObject({ step: "loader", dhcp: { file: "snponly.efi" } });
    expect(plan.reason).toMatch(/, though it fetched snponly.efi 3 times within 9.00 s and never asked/);
  });

  test("is answered as ever about anything else", () => {
    expect(planFor(ipxe(romFeatures), site, loader)).toEqual(planFor(ipxe(romFeatures), site));
    expect(planFor(pxe([7]), site, script)).toEqual(planFor(pxe([7]), site));
    expect(planFor(client(), site, loader)).toEqual(planFor(client(), site));
  });
});
