import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { defaultLoaders } from "../boot/loaders.ts";
import { TestClient } from "../tftp/test-client.ts";

import { openMachineStates } from "./machine-states.ts";
import { machine, served, site, stack } from "./stack.fixture.ts";

describe("a site that boots by PXELINUX and GRUB", () => {
  const loaders = new Map([
    ["pxelinux.0", served("the loader")],
    ["ldlinux.c32", served("its companion")],
  ]);
  const other = { ...site, loaders: { ...defaultLoaders, bios: "pxelinux.0", x64: "grubnetx64.efi" } };
  const byMac = `01-${machine.mac.replaceAll(":", "-")}`;

  test("tells each over TFTP and HTTP what its firmware was promised, and serves that over both", async () => {
    const { netboot, get, lease } = await stack({ site: other, loaders });
    const client = await TestClient.open();
    const fetched = async (path: string) =>
      String((await client.fetch(netboot.ports.tftp, path, {})).content);
    const pxelinux = await fetched(`pxelinux.cfg/${byMac}`);
    const [, kernel = ""] = /^LINUX ::(\S+)$/m.exec(pxelinux) ?? [];
    const [, initrd = ""] = /initrd=::(\S+)$/m.exec(pxelinux) ?? [];
    expect([await fetched(kernel), await fetched(initrd)]).toEqual(["the vmlinuz", "the initrd"]);
    expect(pxelinux).toContain(" quiet password=hunter2 ");

    expect((await get("pxelinux.cfg/default")).status).toBe(404); // nobody knows that address yet
    expect((await get("grub/grub.cfg")).body).toContain("$net_default_mac");
    await lease();
    expect((await get("pxelinux.cfg/default")).body).toBe(pxelinux);
    const grub = await get("grub/grub.cfg");
    expect(grub.body).toContain("'/images/rescue/vmlinuz' ");
    expect(await get(`grub/grub.cfg-${byMac}`)).toEqual(grub);
  });

  test("sees a loader that comes again and again by it alone, and lets go of it once it fetches a kernel", async () => {
    const { get, lease, timeline } = await stack({ site: other, loaders });
    await lease();
    const boot = async () => {
      for (const path of ["pxelinux.0", "ldlinux.c32"]) await get(path);
      // As PXELINUX does, most of which nobody has.
      for (const name of ["7F00000A", "7F00000", "7F", byMac]) await get(`pxelinux.cfg/${name}`);
    };
    const config = async () => (await get(`pxelinux.cfg/${byMac}`)).body;
    for (let time = 0; time < 2; time += 1) await boot();
    expect(await config()).toContain("LINUX ::images/rescue/vmlinuz");
    await boot();
    await expect
      .poll(() => timeline.facts("boot.looping"))
      .toMatchObject([{ mac: machine.mac, what: "loader", file: "pxelinux.0", times: 3 }]);
    expect(await config()).toContain("goes round in circles: node1 fetched pxelinux.0 3 times");
    await get("images/rescue/vmlinuz");
    await expect.poll(config).toContain("LINUX ::images/rescue/vmlinuz");
  });
});

describe("a machine that PXELINUX boots, and something was asked for", () => {
  test("boots it once: its own request uses that up, and a stranger's does not", async () => {
    const machines = await openMachineStates();
    const loaders = new Map([["pxelinux.0", served("the loader")]]);
    const other = { ...site, loaders: { ...defaultLoaders, bios: "pxelinux.0" } };
    const { get, lease } = await stack({ site: other, loaders, machines });
    await lease(); // no boot of firmware's: each fetch counts
    await machines.change("node1", () => ({ next: "rescue" }));
    const path = `pxelinux.cfg/01-${machine.mac.replaceAll(":", "-")}`;
    const config = async (from?: string) => (await get(path, from)).body;
    expect(await config("127.0.0.55")).toContain("booting rescue this once");
    expect(await config()).toContain("booting rescue this once");
    expect(await config()).not.toContain("this once");
    await machines.change("node1", () => ({ assigned: { mode: "local" } }));
    expect(await config()).toContain("booting from its own disk");
    expect(await get(`v1/boot/${machine.mac}`)).toMatchObject({
      status: 404,
      body: expect.stringContaining("node1: booting from its own disk"),
    });
  });
});

describe("an iPXE that asks for autoexec.ipxe", () => {
  test("is told at once that there is none, and why stands in the record", async () => {
    const { netboot, get, timeline } = await stack();
    const client = await TestClient.open();
    client.request(netboot.ports.tftp, "autoexec.ipxe");
    const { bytes } = await client.next();
    expect([bytes.readUInt16BE(0), bytes.readUInt16BE(2)]).toEqual([5, 1]); // ERROR, file not found
    expect(await get("ipxe-2.0.0/autoexec.ipxe")).toMatchObject({ status: 404 });
    await expect
      .poll(() => timeline.facts("autoexec.answered"))
      .toMatchObject([
        { file: "autoexec.ipxe", script: false, reason: expect.stringContaining("`off`") },
        { file: "ipxe-2.0.0/autoexec.ipxe", from: machine.address, script: false },
      ]);
  });

  test("is given its script by a site that wants that", async () => {
    const { get, lease, timeline } = await stack({ site: { ...site, autoexec: true } });
    await lease();
    const { status, body } = await get("autoexec.ipxe");
    expect([status, body]).toEqual([200, expect.stringMatching(/^#!ipxe\n/)]);
    await expect
      .poll(() => timeline.facts("autoexec.answered"))
      .toMatchObject([{ mac: machine.mac, script: true, reason: "it is for node1" }]);
  });

  test("is given a file of the user's own where ours is not wanted", async () => {
    const root = await mkdtemp(join(tmpdir(), "dryboot-root-"));
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFile(join(root, "autoexec.ipxe"), "#!ipxe\necho mine\n");
    const { get } = await stack({ tftp: { root } });
    expect((await get("autoexec.ipxe")).body).toBe("#!ipxe\necho mine\n");
  });
});
