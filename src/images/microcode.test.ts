import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { microcodeArchive } from "./microcode.ts";

async function folders() {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-microcode-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [intel, amd] = [join(folder, "intel-ucode"), join(folder, "amd-ucode")];
  await mkdir(intel);
  await mkdir(amd);
  const piece = (rest: string) => Buffer.concat([Buffer.from("01000000", "hex"), Buffer.from(rest)]);
  await writeFile(join(intel, "06-02-01"), piece("second"));
  await writeFile(join(intel, "06-01-01"), piece("first"));
  await writeFile(join(intel, "README"), "text");
  await writeFile(join(amd, "microcode_amd.bin"), "DMA\0amd");
  await writeFile(join(amd, "microcode_amd.bin.asc"), "signature");
  return { folder, intel, amd };
}

describe("microcode in front of an initramfs", () => {
  test("is not packed, each maker's files joined by name where the kernel looks for them", async () => {
    const { intel, amd } = await folders();
    const archive = Buffer.from(microcodeArchive({ intel, amd }) ?? []);
    expect(archive.subarray(0, 6).toString()).toBe("070701"); // newc, as it stands
    expect(archive.length % 512).toBe(0);
    const text = archive.toString("latin1");
    const firstByte = "\u0001\0\0\0";
    expect(text).toContain(`kernel/x86/microcode/GenuineIntel.bin\0`);
    expect(text).toContain(`${firstByte}first${firstByte}second`);
    expect(text).toContain(`kernel/x86/microcode/AuthenticAMD.bin\0`);
    expect(text).toContain("DMA\0amd");
    expect(text).not.toContain("signature");
    expect(archive.equals(microcodeArchive({ intel, amd }) ?? new Uint8Array())).toBe(true);
  });

  test("is nothing where nobody names any", () => {
    expect(microcodeArchive({})).toBeUndefined();
  });

  test("is refused when it is something else, or not there", async () => {
    const { folder, intel, amd } = await folders();
    const refused = (places: Parameters<typeof microcodeArchive>[0]) => () => microcodeArchive(places);
    expect(refused({ intel: amd })).toThrow(/does not begin as Intel's/);
    expect(refused({ amd: join(intel, "06-01-01") })).toThrow(/does not begin as AMD's/);
    expect(refused({ intel: join(folder, "absent") })).toThrow(/cannot be read/);
    await mkdir(join(folder, "empty"));
    expect(refused({ intel: join(folder, "empty") })).toThrow(/holds no files/);
  });
});
