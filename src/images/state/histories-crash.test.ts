import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Histories } from "./histories.ts";
import { wrongIn } from "./keep-pushing.fixture.ts";
import { testFolder } from "./states.fixture.ts";

const pushing = join(import.meta.dirname, "keep-pushing.fixture.ts");
const alone = ["--user", "--map-root-user", "--mount"];
const mayMount = spawnSync("unshare", [...alone, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

describe("histories", () => {
  test("hold after a kill -9 every state whose machine was told so, and no half one", async () => {
    const folder = await testFolder();
    let told = 0;
    for (const after of [1, 2, 3, 5, 8]) {
      const child = spawn(process.execPath, [pushing, folder], { stdio: ["ignore", "pipe", "inherit"] });
      onTestFinished(() => void child.kill("SIGKILL"));
      let [said, lines] = ["", 0];
      child.stdout.on("data", (chunk) => {
        said += String(chunk);
        lines = said.split("\n").length - 1;
        // In the middle of the next one, or of the one behind it.
        if (lines >= after) setImmediate(() => child.kill("SIGKILL"));
      });
      await once(child, "close");
      told = Number(said.trim().split("\n").at(-1));
      expect(told).toBeGreaterThan(0);
      expect(await wrongIn(folder, "shoe")).toEqual([]);
      const { versions } = await new Histories(folder).of("shoe");
      expect(versions.map(({ number }) => number)).toEqual(versions.map((_, index) => index + 1));
      expect(versions.length).toBeGreaterThanOrEqual(told);
    }
  });

  test.skipIf(!mayMount)(
    "refuse what a full disk has no room for, keep what they have, and leave nothing of it",
    async () => {
      const folder = await testFolder();
      const run = `mount -t tmpfs -o size=300k tmpfs "$1" && exec "$2" "$3" "$1"`;
      const said = execFileSync(
        "unshare",
        [...alone, "sh", "-c", run, "sh", folder, process.execPath, pushing],
        {
          encoding: "utf8",
        },
      );
      expect(said).toMatch(/^1\n(.|\n)*\nfailed NO_SPACE, left 0, wrong 0\n$/);
    },
  );
});
