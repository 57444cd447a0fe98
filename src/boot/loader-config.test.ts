import { describe, expect, test } from "vitest";
import type { BootSite } from "./boot-site.ts";
import { node1, uuid, world } from "./explain.fixture.ts";
import type { MachineState } from "./lifecycle.ts";
import type { ConfigWorld } from "./loader-config.ts";
import { loaderConfigFor } from "./loader-config.ts";
import { defaultLoaders } from "./loaders.ts";

const here = "10.69.0.10";
const byMac = "pxelinux.cfg/01-52-54-00-69-00-0a";

/** A site whose machines are booted by PXELINUX and GRUB; node1 has an address of ours. */
function known(site: Partial<BootSite> = {}, rest: Partial<ConfigWorld> = {}): ConfigWorld {
  const loaders = { ...defaultLoaders, bios: "lpxelinux.0", x64: "grubnetx64.efi" };
  return {
    ...{ site: world({ loaders, ...site }).site, images: world().images },
    macAt: (address) => (address === here ? node1 : undefined),
    loaderLoop: () => undefined,
    ...rest,
  };
}

const ask = (path: string, address = here, at = known()) => loaderConfigFor(path, address, at)?.text;

describe("the configuration a loader asks for", () => {
  test("is the image of the plan, with what the kernel needs to report back", () => {
    expect(ask(byMac)).toContain(
      [
        "LINUX http://10.69.0.1/images/rescue/vmlinuz",
        "APPEND dryboot.ready=http://10.69.0.1/ready console=ttyS0,115200 initrd=http://10.69.0.1/images/rescue/initrd.img",
        "SYSAPPEND 2",
      ].join("\n"),
    );
    const grub = ask("grub/grub.cfg");
    expect(grub).toContain("'BOOTIF=01-52-54-00-69-00-0a' 'console=ttyS0,115200'; then");
    expect(grub).not.toContain("'initrd="); // iPXE's name for it, which means nothing to GRUB
  });

  test("of a PXELINUX without HTTP names files of the TFTP server", () => {
    const at = known({ loaders: { ...defaultLoaders, bios: "pxelinux.0" } });
    expect(ask(byMac, here, at)).toContain("LINUX ::images/rescue/vmlinuz\n");
  });

  test.each([
    [byMac, "10.69.0.99"], // the name says who it is
    ["pxelinux.cfg/0A45000A", "10.69.0.99"],
    ["pxelinux.cfg/0A45", here], // the address does
    ["pxelinux.cfg/default", here],
    ["grub/grub.cfg-01-52:54:00:69:00:0a", "10.69.0.99"],
    ["grub/x86_64-efi/grub.cfg", here],
  ])("is found under %s by %s", (path, address) => {
    expect(loaderConfigFor(path, address, known())).toMatchObject({
      mac: node1,
      text: expect.stringContaining("booting rescue on node1"),
    });
  });

  test("is found by a UUID of the site, whichever way its bytes are read", () => {
    const at = known({ machines: [{ name: "node1", mac: node1, uuid, image: "rescue" }] });
    for (const name of [uuid, "33221100-5544-7766-8899-aabbccddeeff"]) {
      expect(ask(`pxelinux.cfg/${name}`, "10.69.0.99", at)).toContain("on node1");
    }
    expect(ask("pxelinux.cfg/33221100-5544-7766-8899-aabbccddee00", here, at)).toBeUndefined();
  });

  test("is absent for who cannot be known, and PXELINUX asks by its MAC anyway", () => {
    expect(ask("pxelinux.cfg/default", "10.69.0.99")).toBeUndefined();
    expect(ask("pxelinux.cfg/0A450063", "10.69.0.99")).toBeUndefined();
  });

  test("sends a GRUB with an address of another server's on to its MAC", () => {
    expect(ask("grub/grub.cfg", "10.69.0.99")).toBe("configfile '/grub/grub.cfg-01-'\"$net_default_mac\"\n");
    expect(ask("a'b/grub.cfg", "10.69.0.99")).toBeUndefined();
  });

  test("is absent where the plan boots that machine by another loader", () => {
    const at = known({ loaders: defaultLoaders });
    expect(ask(byMac, here, at)).toBeUndefined();
    expect(ask("grub/grub.cfg", here, at)).toBeUndefined();
    expect(ask("grub/grub.cfg", "10.69.0.99", at)).toBeUndefined();
  });

  test("follows a machine's own loader", () => {
    const machines = [{ name: "node1", mac: node1, image: "rescue", loader: "pxelinux.0" }];
    const at = known({ loaders: defaultLoaders, machines });
    expect(ask(byMac, here, at)).toContain("booting rescue on node1");
    expect(ask("pxelinux.cfg/01-52-54-00-69-00-0b", here, at)).toBeUndefined();
  });
});

describe("what was asked for a machine", () => {
  const both = new Map([
    ["rescue", { reportsReady: true }],
    ["other", { reportsReady: true }],
  ]);
  const files = [...world().images];
  const [, rescue] = files[0] ?? [];
  if (!rescue) throw new Error("the fixture has an image");
  const images = new Map([
    ...files,
    ["other", { ...rescue, kernel: { ...rescue.kernel, name: "other-kernel" } }],
  ]);
  const told = (state: MachineState, path: string) =>
    loaderConfigFor(path, here, known({ images: both }, { images: images, stateOf: () => state }));

  test.each([byMac, "grub/grub.cfg"])("is said by %s, with its reason", (path) => {
    const { text, plan } = told({ next: "other" }, path) ?? {};
    expect(text).toContain("booting other this once, as was asked for");
    expect(text).toContain("/images/other/other-kernel");
    expect(plan).toMatchObject({ turn: { boot: "image", image: "other", mode: "next" } });
  });

  test("is its own disk: PXELINUX leaves it to the BIOS, GRUB looks for what is installed", () => {
    const state: MachineState = { assigned: { mode: "local" } };
    const pxelinux = told(state, byMac)?.text;
    expect(pxelinux).toContain("node1: booting from its own disk, as was asked for");
    expect(pxelinux).toMatch(/DEFAULT local\nLABEL local\nLOCALBOOT -1\n$/);
    const grub = told(state, "grub/grub.cfg")?.text;
    expect(grub).toContain("search --no-floppy --file --set=disk /EFI/$file$cpu.efi");
    expect(grub).not.toContain("linux");
  });
});

describe("a configuration that cannot boot its machine", () => {
  test.each([
    ["an image that is not built", known({}, { images: new Map() }), "image rescue is not in the store"],
    [
      "what only iPXE can fill in",
      known({ machines: [{ name: "node1", mac: node1, image: "rescue", commandLine: "sn={serial}" }] }),
      "only iPXE knows `serial:uristring`, and this is another loader",
    ],
  ])("says so and goes back to the firmware: %s", (_, at, why) => {
    const text = ask(byMac, here, at);
    expect(text).toContain(`boot failed: ${why.startsWith("image") ? why : ""}`);
    expect(text).toContain(why);
    expect(text).toContain("LOCALBOOT -1");
    expect(text).not.toContain("LINUX");
  });

  test("says what GRUB would spell otherwise", () => {
    const machines = [{ name: "node1", mac: node1, image: "rescue", commandLine: "x='y'" }];
    const at = known({ machines });
    expect(ask("grub/grub.cfg", here, at)).toContain("boot failed: ");
    expect(ask(byMac, here, at)).toContain("x='y'"); // PXELINUX passes it on as it is
  });

  test("takes what a menu's choice begins with, all words of it", () => {
    const consoles = { title: "Console", options: [], default: "console=tty0 console=ttyS1,9600" };
    const menu = { title: "boot", entries: [], choices: new Map([["console", consoles]]) };
    const images = new Map([["rescue", { reportsReady: false, commandLine: "{choice.console} last" }]]);
    const text = ask(byMac, here, known({ menu, images }));
    expect(text).toContain(" console=tty0 console=ttyS1,9600 last initrd=");
    expect(text).toMatch(/^SERIAL 1 9600$/m);
  });

  test("drops what an iPXE would be given as the name of an initrd", () => {
    const machines = [{ name: "node1", mac: node1, image: "rescue", commandLine: "initrd=initrd.img last" }];
    expect(ask(byMac, here, known({ machines }))).toMatch(/ last initrd=http:\S+\n/);
  });

  test.each([
    ["PXELINUX", byMac, 1861],
    ["GRUB", "grub/grub.cfg", 1911],
  ])("counts what %s adds to a command line", (_, path, most) => {
    const text = (length: number) => {
      const machines = [{ name: "node1", mac: node1, image: "rescue", commandLine: "x".repeat(length) }];
      return ask(path, here, known({ machines }));
    };
    expect(text(most)).toContain(" on node1");
    expect(text(most + 1)).toContain("it is 2048 bytes long and Linux reads 2047");
  });

  test("tells a machine that goes round in circles what was wrong, and lets go of it", () => {
    const loop = {
      what: "loader",
      file: "lpxelinux.0",
      times: 3,
      withinMs: 12_000,
      problem: "x\u001b",
    } as const;
    const text = ask(byMac, here, known({}, { loaderLoop: (mac) => (mac === node1 ? loop : undefined) }));
    expect(text).toContain("node1 fetched lpxelinux.0 3 times within 12.0 s, and no kernel");
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("LINUX");
  });
});
