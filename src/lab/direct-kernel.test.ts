import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OpenedImage } from "../images/store.ts";
import { checkedSite } from "../site/load.ts";
import { resolveSite } from "../site/resolve.ts";
import { directKernelFor } from "./direct-kernel.ts";

describe("a kernel that QEMU loads itself", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-direct-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const siteWith = (commandLine: string) => {
    const site = {
      name: "direct",
      images: { shell: { recipe: "rescue", commandLine } },
      machines: [{ name: "a", mac: "52:54:00:69:00:0a", image: "shell" }],
    };
    return resolveSite(checkedSite(site, "test"));
  };

  async function imageOf(...initrds: string[]): Promise<ReadonlyMap<string, OpenedImage>> {
    const file = async (name: string, content: string) => {
      const path = join(folder, name);
      await writeFile(path, content);
      return { name, path, sha256: "", sizeBytes: content.length };
    };
    const image = {
      kernel: await file("vmlinuz", "kernel"),
      initrds: await Promise.all(initrds.map((content, at) => file(`initrd${at}`, content))),
      commandLine: "console=ttyS0 from={files}",
    };
    return new Map([["shell", image as unknown as OpenedImage]]);
  }

  test("has the command line that a script would give it", async () => {
    const { boot, machines } = siteWith("word");
    const [machine = { name: "", mac: "" }] = machines;
    const images = await imageOf("one");
    const direct = await directKernelFor(machine, { boot, images }, folder);
    expect(direct).toMatchObject({ kernel: join(folder, "vmlinuz"), initrd: join(folder, "initrd0") });
    expect(direct.commandLine.split(" ")).toEqual([
      ...["initrd=initrd0", "dryboot.ready=http://10.69.0.1/ready", "BOOTIF=01-52-54-00-69-00-0a"],
      ...["console=ttyS0", "from=http://10.69.0.1/images/shell", "word"],
    ]);
  });

  test("gets several initrds as one, each aligned", async () => {
    const { boot, machines } = siteWith("");
    const [machine = { name: "", mac: "" }] = machines;
    const { initrd = "" } = await directKernelFor(
      machine,
      { boot, images: await imageOf("one", "two22") },
      folder,
    );
    expect(await readFile(initrd, "latin1")).toBe("one\0two22\0\0\0");
  });

  test("is refused where only iPXE knows a word of its command line", async () => {
    const { boot, machines } = siteWith("serial={serial}");
    const [machine = { name: "", mac: "" }] = machines;
    const direct = directKernelFor(machine, { boot, images: await imageOf("one") }, folder);
    await expect(direct).rejects.toMatchObject({ code: "DIRECT_IMPOSSIBLE" });
  });
});
