import { describe, expect, test } from "vitest";
import { node1, uuid, world } from "./explain.fixture.ts";
import type { ExplainWorld, Explanation } from "./explain.ts";
import { explainClient } from "./explain.ts";
import type { AskingClient, ClientName } from "./explain-clients.ts";
import { clientPresets } from "./explain-clients.ts";

const explained = (name: ClientName, more: Partial<AskingClient> = {}, at: ExplainWorld = world()) =>
  explainClient({ preset: clientPresets[name], mac: node1, ...more }, at);

/** Where a boot went, in a word per step. */
const path = ({ steps }: Explanation) =>
  steps.map((step) => {
    if (step.step === "dhcp") {
      if ("silent" in step.answer) return "silent";
      return step.answer.reply.options.find(({ name }) => name === "bootfileName")?.value ?? "no file";
    }
    return step.step === "loader" ? step.from : step.step;
  });

const script = (architecture: number) =>
  `http://10.69.0.1/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a&arch=${architecture}`;

describe("a boot explained", () => {
  test.each<[string, ClientName, string[]]>([
    [
      "a BIOS ROM fetches an iPXE, which asks again",
      "bios-pxe",
      ["undionly.kpxe", "tftp://10.69.0.1/undionly.kpxe", script(0), "script", "kernel"],
    ],
    ["an iPXE ROM gets the script at once", "ipxe-bios", [script(0), "script", "kernel"]],
    [
      "UEFI's PXE client fetches an iPXE by TFTP",
      "ovmf-pxe",
      ["snponly.efi", "tftp://10.69.0.1/snponly.efi", script(7), "script", "kernel"],
    ],
    [
      "UEFI's HTTP boot fetches the same by HTTP, and that one calls itself a PXE client",
      "ovmf-http",
      ["http://10.69.0.1/snponly.efi", "http://10.69.0.1/snponly.efi", script(7), "script", "kernel"],
    ],
    ["an operating system gets an address and nothing to boot", "linux", ["no file", "end"]],
  ])("%s", (_, name, expected) => expect(path(explained(name))).toEqual(expected));

  test("follows what was asked for a machine, where that is known", () => {
    const stateOf = () => ({ assigned: { mode: "local" } }) as const;
    const { steps } = explained("ipxe-bios", {}, world({}, {}, { stateOf }));
    expect(steps.at(-1)).toEqual({ step: "end", says: "node1: booting from its own disk, as was asked for" });
    expect(steps.find(({ step }) => step === "script")).toMatchObject({
      text: expect.stringContaining("sanboot"),
    });
  });

  test("ends with the kernel command line that the script says, this machine's MAC in it", () => {
    const { steps } = explained("ovmf-pxe", { uuid });
    expect(steps.at(-1)).toEqual({
      step: "kernel",
      image: "rescue",
      digest: "5cc9b73a2a9e",
      files: [
        { address: "http://10.69.0.1/images/rescue/vmlinuz", sizeBytes: 14_186_432 },
        { address: "http://10.69.0.1/images/rescue/initrd.img", sizeBytes: 1_016_217 },
      ],
      commandLine:
        "initrd=initrd.img dryboot.ready=http://10.69.0.1/ready BOOTIF=01-52-54-00-69-00-0a console=ttyS0,115200",
    });
  });

  test("says what matched, and that the ACK says what the offer said", () => {
    const [first] = explained("ovmf-pxe").steps;
    expect(first).toMatchObject({
      matched: "node1, by its MAC 52:54:00:69:00:0a; its image is rescue, by machines[0].image",
      machine: "node1",
      next: "its DHCPREQUEST gets a DHCPACK, saying the same",
      answer: { to: "255.255.255.255:68", reason: "10.69.0.10: reserved for it; boots snponly.efi" },
    });
  });

  test("knows a machine with a new card by its UUID, and a stranger by neither", () => {
    const moved = world({ machines: [{ name: "moved", mac: "52:54:00:69:00:0b", image: "rescue", uuid }] });
    expect(explained("ovmf-pxe", { uuid }, moved).steps[0]).toMatchObject({
      matched: `moved, by its UUID ${uuid}; its image is rescue, by machines[0].image`,
    });
    const open = world({ machines: [], defaultImage: "rescue" });
    expect(explained("ovmf-pxe", {}, open).steps[0]).toMatchObject({
      matched: `no machine of the site has the MAC ${node1}; its image is rescue, by defaultImage`,
    });
  });
});

// facts/protocols.md §1.3
describe("a boot beside another DHCP server", () => {
  const proxy = world({}, { mode: "proxy" });

  test("goes through port 4011 where the dialect says so", () => {
    const { steps } = explained("ovmf-pxe", {}, proxy);
    expect(steps.slice(0, 3)).toMatchObject([
      { step: "dhcp", next: "its address comes from the network's other DHCP server" },
      {
        step: "dhcp",
        who: "UEFI firmware's own PXE client (EDK2), at port 4011,",
        answer: { to: "10.69.0.128:4011", reply: { messageType: "DHCPACK" } },
      },
      { step: "loader", file: "snponly.efi" },
    ]);
    expect(steps.at(-1)?.step).toBe("kernel");
  });

  test("takes the file from the offer where that has one", () => {
    expect(path(explained("ipxe-bios", {}, proxy))).toEqual([script(0), "script", "kernel"]);
  });

  test("has nothing for an operating system", () => {
    expect(path(explained("linux", {}, proxy))).toEqual(["silent", "end"]);
  });
});

describe("a boot that goes nowhere", () => {
  test("is explained up to where the client is not answered", () => {
    const { steps } = explained(
      "ovmf-pxe",
      { mac: "52:54:00:69:00:ff" },
      world({}, { mode: "reservations" }),
    );
    expect(steps).toMatchObject([
      { answer: { silent: "52:54:00:69:00:ff has no reservation, and only those are served" } },
      { step: "end", says: expect.stringContaining("hears nothing from this server") },
    ]);
  });

  test("says why there is no boot file", () => {
    const { steps } = explained("ovmf-pxe", { architectures: [11] });
    expect(steps.at(-1)).toMatchObject({
      says: expect.stringContaining("there is no loader for ARM 64-bit UEFI (architecture 11)"),
    });
  });

  test("warns of a loader that this host does not have, and goes on as if it had", () => {
    const bare = world({}, {}, { loaders: new Map() });
    const { warnings, steps } = explained("ovmf-pxe", {}, bare);
    expect(warnings).toEqual([
      "the loader snponly.efi is not on this host: whoever is told to fetch it gets an error",
    ]);
    expect(steps.at(-1)?.step).toBe("kernel");
  });

  test("warns of an image that is not built, and shows the script that says so", () => {
    const { warnings, steps } = explained("ipxe-bios", {}, world({}, {}, { images: new Map() }));
    expect(warnings).toEqual(["image rescue is not in the store"]);
    expect(steps[1]).toMatchObject({ text: expect.stringContaining("image rescue is not in the store") });
  });

  test("stops at a loader that it knows nothing about", () => {
    const custom = world({ loaders: { ...world().site.loaders, x64: "custom.efi" } });
    expect(explained("ovmf-pxe", {}, custom).steps.at(-1)).toMatchObject({
      says: "what custom.efi does next is not known here: it is no loader we know by its name",
    });
  });

  test.each([
    [
      "bios-pxe",
      { bios: "pxelinux.0" },
      "pxelinux.cfg/01-52-54-00-69-00-0a",
      "LINUX ::images/rescue/vmlinuz",
    ],
    [
      "ipxe-bios",
      { bios: "lpxelinux.0" },
      "pxelinux.cfg/01-52-54-00-69-00-0a",
      "LINUX http://10.69.0.1/images/",
    ],
    ["ovmf-pxe", { x64: "grubnetx64.efi" }, "grub/grub.cfg-01-52-54-00-69-00-0a", "'/images/rescue/vmlinuz'"],
  ])("shows %s the configuration of its loader, and what that boots", (preset, loaders, path, says) => {
    const other = world({ loaders: { ...world().site.loaders, ...loaders } });
    const { steps } = explained(preset as "bios-pxe", {}, other);
    expect(steps.map(({ step }) => step)).toEqual(["dhcp", "loader", "script", "kernel"]);
    expect(steps[2]).toMatchObject({
      address: `tftp://10.69.0.1/${path}`,
      text: expect.stringContaining(says),
    });
    expect(steps[3]).toMatchObject({
      image: "rescue",
      commandLine: expect.stringMatching(/ BOOTIF=01-52-54-00-69-00-0a console=ttyS0,115200$/),
    });
  });

  test("says why such a loader boots nothing", () => {
    const other = world(
      { loaders: { ...world().site.loaders, bios: "pxelinux.0" } },
      {},
      { images: new Map() },
    );
    const { steps, warnings } = explained("bios-pxe", {}, other);
    expect(steps.at(-1)).toMatchObject({ says: "it boots nothing: image rescue is not in the store" });
    expect(warnings).toContain("image rescue is not in the store");
  });

  // facts/protocols.md §1.7, 3: an iPXE that cannot run the script, from a loader that is no better
  test("ends also where the command line cannot be passed on", () => {
    const long = world({
      images: new Map([["rescue", { reportsReady: true, commandLine: "x".repeat(2100) }]]),
    });
    const { warnings } = explained("ipxe-bios", {}, long);
    expect(warnings[0]).toMatch(/command line of image rescue cannot be passed on/);
  });

  test("warns when a reply had no room for all that belongs into it", () => {
    const crowded = world({}, { dns: Array.from({ length: 80 }, (_, index) => `10.69.0.${index + 2}`) });
    const { warnings } = explained("linux", {}, crowded);
    expect(warnings).toEqual([
      expect.stringMatching(/^to a Linux initramfs .*: left out for want of room: .*domainNameServer/),
    ]);
  });
});
