import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moduleFile } from "./kernel-module.fixture.ts";
import { moduleDependencies, modulesInLoadOrder } from "./kernel-modules.ts";

describe("kernel modules", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-modules-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function kernel(modules: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, depends] of Object.entries(modules)) {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), moduleFile(`license=GPL\0depends=${depends}\0name=x\0`));
    }
  }

  test.each([
    ["none", "license=GPL\0depends=\0", []],
    ["several, with dashes for underscores", "depends=virtio-ring,virtio\0", ["virtio_ring", "virtio"]],
    ["no such field", "license=GPL\0", []],
  ])("name what they depend on: %s", (_, modinfo, names) =>
    expect(moduleDependencies(moduleFile(modinfo))).toEqual(names),
  );

  test("a file that is no module depends on nothing", () =>
    expect(moduleDependencies(Buffer.from("not ELF"))).toEqual([]));

  test("come after what they depend on, each once", async () => {
    await kernel({
      "kernel/drivers/net/virtio_net.ko": "net_failover,virtio_ring",
      "kernel/drivers/net/net_failover.ko": "failover",
      "kernel/net/core/failover.ko": "",
      "kernel/drivers/virtio/virtio-ring.ko": "virtio",
      "kernel/drivers/virtio/virtio.ko": "",
      "kernel/drivers/virtio/virtio_pci.ko": "virtio-ring,virtio",
    });
    const names = (await modulesInLoadOrder(folder, ["virtio_pci", "virtio-net"])).map(({ name }) => name);
    expect(names).toEqual(["virtio", "virtio_ring", "virtio_pci", "failover", "net_failover", "virtio_net"]);
  });

  test("that a kernel does not have are named", async () => {
    await kernel({ "kernel/drivers/net/virtio_net.ko": "failover" });
    await expect(modulesInLoadOrder(folder, ["virtio_net"])).rejects.toMatchObject({
      code: "IMAGE_NO_MODULE",
      message: "this kernel has no module failover",
    });
  });
});
