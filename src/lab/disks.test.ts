import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeDisk } from "./disks.ts";

describe("a machine's disk", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-disks-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("is empty and takes no room until it is written to", async () => {
    const path = join(folder, "node1.disk0");
    expect(await makeDisk({ sizeBytes: 2 ** 30 }, path)).toEqual({ path, format: "raw" });
    const { size, blocks } = await stat(path);
    expect(size).toBe(2 ** 30);
    expect(blocks).toBe(0);
  });

  test("begins as a copy, in the format that its first bytes name", async () => {
    const [raw, qcow2] = [join(folder, "a.img"), join(folder, "b.img")];
    await writeFile(raw, "\0".repeat(512));
    await writeFile(qcow2, Buffer.from("QFI\xfb rest", "latin1"));
    const copies = [join(folder, "disk0"), join(folder, "disk1")] as const;
    expect(await makeDisk({ file: raw }, copies[0])).toEqual({ path: copies[0], format: "raw" });
    expect(await makeDisk({ file: qcow2 }, copies[1])).toEqual({ path: copies[1], format: "qcow2" });
    await writeFile(copies[1], "written by the guest");
    expect(await readFile(qcow2, "latin1")).toBe("QFI\xfb rest");
  });

  test("stays what it has become when the machine is plugged in again", async () => {
    const path = join(folder, "node1.disk0");
    await makeDisk({ sizeBytes: 2 ** 20 }, path);
    await writeFile(path, "data");
    await makeDisk({ sizeBytes: 2 ** 20 }, path);
    expect(await readFile(path, "utf8")).toBe("data");
  });

  test("says which file it should begin as when that is not there", async () => {
    const missing = makeDisk({ file: join(folder, "no.img") }, join(folder, "disk0"));
    await expect(missing).rejects.toMatchObject({ code: "DISK_UNREADABLE", where: join(folder, "no.img") });
  });
});
