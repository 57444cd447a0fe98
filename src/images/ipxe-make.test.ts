import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../core/child.ts";
import { hostFiles } from "../host/packages.ts";
import { fakeSourceTree } from "./ipxe-build.fixture.ts";
import { makeIpxe } from "./ipxe-make.ts";

const has = (name: string) => hostFiles().isProgram(name);
const builds = has("make") && has("gcc");

async function tree(): Promise<{ source: string; script: string }> {
  const source = await mkdtemp(join(tmpdir(), "dryboot-ipxe-"));
  onTestFinished(() => rm(source, { recursive: true }));
  await fakeSourceTree(source);
  const script = join(source, "mine.ipxe");
  await writeFile(script, "#!ipxe\necho mine\n");
  return { source, script };
}

const targets = ["bin/undionly.kpxe", "bin-x86_64-efi/snponly.efi"];

describe.skipIf(!builds)("a build of iPXE (needs make and gcc)", () => {
  test("makes what is asked for, shows how far it is, and remembers what it was made of", async () => {
    const { source, script } = await tree();
    const seen: string[] = [];
    const options = { NO_WERROR: "1" };
    const { files, made } = await makeIpxe(
      { source, embed: script, targets, options },
      { onProgress: ({ files, now }) => seen.push(`${files} ${now}`) },
    );
    expect(files).toEqual(targets.map((target) => join(source, "src", target)));
    for (const file of files) expect(await readFile(file, "latin1")).toContain("#!ipxe\necho mine\n");
    expect(seen).toHaveLength(4);
    expect(seen.at(-1)).toMatch(/^4 bin/);
    expect(made).toMatchObject({ commit: "unknown", modified: false, targets, options });
    expect(made.embedSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(made.compiler).toMatch(/^\d+\./);
  });

  test("says the version of Debian's source package, which has no history", async () => {
    const { source } = await tree();
    await mkdir(join(source, "debian"));
    await writeFile(join(source, "debian", "changelog"), "ipxe (1.21.1+dfsg-1) unstable; urgency=medium\n");
    const { made } = await makeIpxe({ source: join(source, "src"), targets, options: {} });
    expect(made).toMatchObject({ commit: "Debian 1.21.1+dfsg-1" });
  });

  test.skipIf(!has("git"))("says the commit of a checkout, and whether it was changed", async () => {
    const { source } = await tree();
    const git = async (...args: string[]) => await run("git", ["-C", source, ...args]);
    await git("init", "-q");
    await git("add", "src");
    const who = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
    await git(...who, "commit", "-q", "-m", "x");
    const commit = (await git("rev-parse", "HEAD")).trim();
    expect((await makeIpxe({ source, targets, options: {} })).made).toMatchObject({
      commit,
      modified: false,
    });
    await writeFile(join(source, "src", "Makefile.housekeeping"), "# mine\n");
    expect((await makeIpxe({ source, targets, options: {} })).made).toMatchObject({ commit, modified: true });
  });

  test("fails with make's last words", async () => {
    const { source } = await tree();
    await expect(makeIpxe({ source, targets, options: { CONFIG: "broken" } })).rejects.toMatchObject({
      message: expect.stringContaining("config/broken/general.h is missing"),
      hint: expect.stringContaining("liblzma-dev"),
    });
  });

  test.each([
    ["a target that firmware does not load", { targets: ["bin/ipxe.iso"] }, /no target that firmware loads/],
    ["a target outside the tree", { targets: ["bin/../../x.efi"] }, /no target/],
    ["a variable of make's own", { options: { SHELL: "/bin/true" } }, /no option of iPXE's build/],
    ["a script as an option", { options: { EMBED: "x" } }, /said by --embed/],
  ])("refuses %s", async (_, wish, message) => {
    const { source } = await tree();
    await expect(makeIpxe({ source, targets, options: {}, ...wish })).rejects.toThrow(message);
  });

  test("refuses a script that iPXE would not run", async () => {
    const { source, script } = await tree();
    await writeFile(script, "echo mine\n");
    await expect(makeIpxe({ source, embed: script, targets, options: {} })).rejects.toMatchObject({
      code: "IPXE_EMBED",
      hint: expect.stringContaining("#!ipxe"),
    });
  });
});

test("a folder that is no source tree is refused, with where to get one", async () => {
  const source = await mkdtemp(join(tmpdir(), "dryboot-ipxe-"));
  onTestFinished(() => rm(source, { recursive: true }));
  await expect(makeIpxe({ source, targets, options: {} })).rejects.toMatchObject({
    code: "IPXE_SOURCE",
    hint: expect.stringContaining("apt-get source ipxe"),
  });
});
