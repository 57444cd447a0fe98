import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moduleDependencies, modulesInLoadOrder } from "./kernel-modules.ts";

/** The smallest ELF file with a `.modinfo` section: header, the section, the section names, three section headers. */
function moduleFile(modinfo: string): Buffer {
  const names = Buffer.from("\0.modinfo\0.shstrtab\0");
  const info = Buffer.from(modinfo);
  const elf = Buffer.alloc(64 + info.length + names.length + 3 * 64);
  elf.write("\x7fELF\x02\x01\x01", "latin1");
  const table = 64 + info.length + names.length;
  elf.writeBigUInt64LE(BigInt(table), 0x28);
  elf.writeUInt16LE(64, 0x3a);
  elf.writeUInt16LE(3, 0x3c);
  elf.writeUInt16LE(2, 0x3e);
  info.copy(elf, 64);
  names.copy(elf, 64 + info.length);
  const header = (index: number, name: number, offset: number, size: number) => {
    elf.writeUInt32LE(name, table + 64 * index);
    elf.writeBigUInt64LE(BigInt(offset), table + 64 * index + 0x18);
    elf.writeBigUInt64LE(BigInt(size), table + 64 * index + 0x20);
  };
  header(1, 1, 64, info.length);
  header(2, 10, 64 + info.length, names.length);
  return elf;
}

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
