import { execFileSync } from "node:child_process";
import { mkdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readState } from "./check-state.ts";
import { layered } from "./layer-state.ts";
import { apkovl, testFolder, usualState } from "./states.fixture.ts";

/** What an archive holds: the text of files, the target of links, `/` for folders. */
async function contents(archive: Uint8Array): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await readState(archive, async ({ path, type, target }, content) => {
    let text = "";
    for await (const chunk of content) text += Buffer.from(chunk).toString();
    found[path] = type === "file" ? text : (target ?? "/");
  });
  return found;
}

const link = (linkname: string) => ({ type: "symlink", linkname }) as const;
const folder = { type: "directory" } as const;

describe("layers", () => {
  test("replace what is below them, keep what they do not speak of, and want the packages of all", async () => {
    const site = await apkovl({ "etc/motd": "the site's\n", "etc/apk/world": "alpine-base\nnginx\n" });
    const state = await apkovl({ ...usualState, "etc/motd": "the machine's\n" });
    expect(await contents(await layered([state, site]))).toEqual({
      etc: "/",
      "etc/hostname": "shoe\n",
      "etc/apk": "/",
      "etc/runlevels/default": "/",
      "etc/runlevels/default/sshd": "/etc/init.d/sshd",
      "etc/motd": "the site's\n",
      "etc/apk/world": "alpine-base\nnginx\nopenssh\n",
    });
  });

  test.each<[string, Parameters<typeof apkovl>[0], Parameters<typeof apkovl>[0], Record<string, string>]>([
    ["a file over a folder takes what was in it away", { a: folder, "a/b": "1" }, { a: "2" }, { a: "2" }],
    [
      "what lies in a folder takes a link in its place away",
      { a: link("/tmp") },
      { "a/b": "2" },
      { "a/b": "2" },
    ],
    ["a link over a file", { a: "1" }, { a: link("/b") }, { a: "/b" }],
    ["a folder over a link", { a: link("/b") }, { a: folder }, { a: "/" }],
    [
      "a second name of a file that was replaced goes with it",
      { a: "1", b: { type: "link", linkname: "a" } },
      { a: link("/x") },
      { a: "/x" },
    ],
  ])("%s", async (_, below, above, expected) => {
    expect(await contents(await layered([await apkovl(below), await apkovl(above)]))).toEqual(expected);
  });

  test("leave out what is to be left out", async () => {
    const archive = await apkovl({ "etc/.default_boot_services": "", "etc/x": "1" });
    expect(await contents(await layered([archive], ["etc/.default_boot_services"]))).toEqual({
      "etc/x": "1",
    });
  });

  test("pass on what another tar wrote: long names, other letters, the archive's own root", async () => {
    const work = await testFolder();
    const long = `etc/${"long".repeat(20)}/${"name".repeat(20)}`;
    await mkdir(join(work, "in", long), { recursive: true });
    await writeFile(join(work, "in", long, "file"), "far");
    await writeFile(join(work, "in", "etc", "Főtanúsítvány.pem"), "cert");
    execFileSync("ln", ["-s", `/${long}/file`, join(work, "in", "etc", "to")]);
    execFileSync("tar", ["--format=gnu", "-C", join(work, "in"), "-czf", join(work, "state"), "."]);
    const together = await layered([await readFile(join(work, "state")), await apkovl({ "etc/motd": "hi" })]);
    await writeFile(join(work, "out.tar.gz"), together);
    await mkdir(join(work, "out"));
    execFileSync("tar", ["-C", join(work, "out"), "-xzf", join(work, "out.tar.gz")]);
    expect(await readFile(join(work, "out", long, "file"), "utf8")).toBe("far");
    expect(await readlink(join(work, "out", "etc", "to"))).toBe(`/${long}/file`);
    expect(await readFile(join(work, "out", "etc", "Főtanúsítvány.pem"), "utf8")).toBe("cert");
    expect(await readFile(join(work, "out", "etc", "motd"), "utf8")).toBe("hi");
  });

  test("are the same bytes for the same archives", async () => {
    const archives = [await apkovl(usualState), await apkovl({ "etc/motd": "hi" })];
    expect(Buffer.compare(await layered(archives), await layered(archives))).toBe(0);
  });

  test("refuse what no state may hold", async () => {
    const twice = Buffer.concat([
      gunzipSync(await apkovl({ a: "" })).subarray(0, 512),
      gunzipSync(await apkovl({ a: "" })),
    ]);
    await expect(layered([gzipSync(twice)])).rejects.toThrow(/is there twice/);
  });
});
