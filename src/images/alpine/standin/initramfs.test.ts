import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moduleFile } from "../../kernel-module.fixture.ts";
import { packInitramfs } from "./initramfs.ts";

const release = "6.1.0-dryboot";
const drivers = ["virtio_pci", "virtio_net", "virtio_blk", "loop", "squashfs", "overlay"];

describe("the initramfs of Alpine's stand-in", () => {
  let modules: string;
  beforeEach(async () => {
    modules = await mkdtemp(join(tmpdir(), "dryboot-standin-"));
    await mkdir(join(modules, "kernel"));
    for (const name of drivers) {
      await writeFile(join(modules, `kernel/${name}.ko`), moduleFile(`alias=x:${name}\0depends=\0`));
    }
    await writeFile(join(modules, "modules.builtin"), "kernel/net/packet/af_packet.ko\n");
  });
  afterEach(() => rm(modules, { recursive: true }));

  async function minirootfs(more: (archive: ReturnType<typeof pack>) => void = () => {}) {
    const archive = pack();
    archive.entry({ name: "./", type: "directory" });
    archive.entry({ name: "./bin/busybox", mode: 0o755 }, "the busybox of Alpine");
    archive.entry({ name: "./bin/sh", type: "symlink", linkname: "/bin/busybox" });
    archive.entry({ name: "./bin/again", type: "link", linkname: "bin/busybox" });
    archive.entry({ name: "./etc/apk/repositories" }, "https://dl-cdn.alpinelinux.org/alpine/v3.19/main\n");
    archive.entry({ name: "./etc/apk/keys/alpine.rsa.pub" }, "a key");
    more(archive);
    archive.finalize();
    return gzipSync(Buffer.from(await text(archive.setEncoding("latin1")), "latin1"));
  }

  const packed = async (tar: Uint8Array) =>
    Buffer.from(await packInitramfs(tar, { modules, release })).toString("latin1");

  test("is Alpine's own files, with our first process, and drivers that modprobe finds", async () => {
    const cpio = await packed(await minirootfs());
    for (const path of ["init\0", "bin/sh\0", "dev/console\0", "usr/share/dryboot/udhcpc.script\0"]) {
      expect(cpio).toContain(path);
    }
    expect(cpio.match(/the busybox of Alpine/g)).toHaveLength(2); // the hard link is a copy
    expect(cpio).toContain("a stand-in: dryboot's own init, not Alpine's");
    for (const name of drivers) {
      expect(cpio).toContain(`lib/modules/${release}/kernel/${name}.ko\0`);
      expect(cpio).toContain(`alias x:${name} ${name}\n`);
    }
  });

  test("names no repository: that is for the kernel's command line", async () => {
    const cpio = await packed(await minirootfs());
    expect(cpio).toContain("etc/apk/keys/alpine.rsa.pub\0");
    expect(cpio).not.toContain("etc/apk/repositories\0");
    expect(cpio).not.toContain("dl-cdn");
  });

  test("is the same from the same files", async () =>
    expect(await packed(await minirootfs())).toBe(await packed(await minirootfs())));

  test("holds nothing that the minirootfs has no business with", async () => {
    const tar = await minirootfs((archive) =>
      archive.entry({ name: "dev/sda", type: "block-device", devmajor: 8, devminor: 0 }),
    );
    await expect(packed(tar)).rejects.toThrow(/dev\/sda/);
  });
});
