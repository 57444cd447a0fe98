import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hostFiles } from "../host/packages.ts";
import { packSquashfs } from "./squashfs.ts";

const { isProgram } = hostFiles();

test.skipIf(!isProgram("mksquashfs"))(
  "the same files make the same image, whatever their times and the order in which they were written",
  async () => {
    await using cleanup = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "dryboot-squashfs-"));
    cleanup.defer(() => rm(folder, { recursive: true }));
    const make = async (name: string, files: readonly string[], time: number) => {
      const tree = join(folder, name);
      await mkdir(join(tree, "bin"), { recursive: true });
      for (const file of files) {
        await writeFile(join(tree, file), file.repeat(1000));
        await chmod(join(tree, file), 0o755);
      }
      await symlink("bin/one", join(tree, "link"));
      for (const file of files) await utimes(join(tree, file), time, time);
      await packSquashfs(tree, join(folder, `${name}.squashfs`));
      return await readFile(join(folder, `${name}.squashfs`));
    };
    const first = await make("first", ["bin/one", "bin/two"], 1_500_000_000);
    const second = await make("second", ["bin/two", "bin/one"], 1_700_000_000);
    expect(first.toString("latin1", 0, 4)).toBe("hsqs"); // squashfs, little-endian
    expect(second.equals(first)).toBe(true);
  },
);
