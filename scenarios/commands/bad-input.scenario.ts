import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { storeFolder } from "../../src/core/folders.ts";
import { DrybootProcess, dryboot } from "../../src/test/dryboot-process.ts";

async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-bad-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function siteFile(change: (site: Record<string, unknown>) => unknown): Promise<string> {
  const file = join(await scratchFolder(), "site.json");
  const site = JSON.parse(await readFile("scenarios/sites/silent.json", "utf8")) as Record<string, unknown>;
  await writeFile(file, JSON.stringify(change(site)));
  return file;
}

describe("a mistake on the command line is told with what was meant", () => {
  test.each([
    ["a site", ["quikstart"], /no site .*quikstart[\s\S]*quickstart/, "SITE_UNKNOWN"],
    [
      "a machine",
      ["quickstart", "--machine", "node"],
      /no machine `node`[\s\S]*did you mean `node1`/,
      "MACHINE_UNKNOWN",
    ],
    ["a lane", ["--lane", "bios"], /no lane `bios`[\s\S]*did you mean `bios-pxe`/, "LANE_UNKNOWN"],
    ["an image", ["--image", "resque"], /no image `resque`[\s\S]*did you mean `rescue`/, "IMAGE_UNKNOWN"],
    ["a flag", ["--machin", "node1"], /machin[\s\S]*--machine/, "USAGE"],
    ["a number", ["--runs", "many"], /runs/, "USAGE"],
  ])("%s", async (_, args, says, code) => {
    const ended = await dryboot(["boot", ...args]);
    expect(ended.stderr).toMatch(says);
    expect(ended.stderr).toContain(`[${code}]`);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("a mistake in the site file is told with its place", () => {
  test("a wrong type", async () => {
    const file = await siteFile((site) => ({
      ...site,
      machines: [{ name: "node1", mac: 5, image: "rescue" }],
    }));
    const ended = await dryboot(["boot", file]);
    expect(ended.stderr).toMatch(/`machines\[0\]\.mac` is 5: expected text/);
    expect(ended.code).toBe(2);
  });

  test("a key nobody knows", async () => {
    const ended = await dryboot(["boot", await siteFile((site) => ({ ...site, machine: [] }))]);
    expect(ended.stderr).toMatch(/`machine` is no key we know[\s\S]*did you mean `machines`\?/);
    expect(ended.code).toBe(2);
  });

  test("what is no JSON", async () => {
    const file = join(await scratchFolder(), "site.json");
    await writeFile(file, '{ "name": ');
    const ended = await dryboot(["boot", file]);
    expect(ended.stderr).toContain("[SITE_SYNTAX]");
    expect(ended.code).toBe(2);
  });
});

describe("what is missing or broken on the host is told with its mend", () => {
  test("a QEMU that is too old", async () => {
    const tools = await scratchFolder();
    const fake = join(tools, "qemu-system-x86_64");
    await writeFile(fake, '#!/bin/sh\necho "QEMU emulator version 4.2.1 (Debian 1:4.2-3ubuntu6)"\n', {
      mode: 0o755,
    });
    const ended = await dryboot(["boot"], { env: { PATH: `${tools}:${process.env["PATH"]}` } });
    expect(ended.stderr).toMatch(/4\.2\.1[\s\S]*6\.2[\s\S]*\[QEMU_TOO_OLD\]/);
    expect(ended.code).toBe(2);
  });

  test("namespaces that are forbidden", async () => {
    const tools = await scratchFolder();
    const fake = "#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n";
    await writeFile(join(tools, "unshare"), fake, { mode: 0o755 });
    const ended = await dryboot(["boot"], { env: { PATH: `${tools}:${process.env["PATH"]}` } });
    expect(ended.stderr).toMatch(/creating the namespaces fails[\s\S]*\[NAMESPACE_FORBIDDEN\]/);
    expect(ended.code).toBe(2);
  });

  test("an image that is no longer what was verified", async () => {
    const store = await scratchFolder();
    await cp(join(storeFolder(), "images"), join(store, "images"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const initrd = join(store, "images/rescue/initrd.img");
    const bytes = await readFile(initrd);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    await writeFile(initrd, bytes);
    const ended = await dryboot(["boot"], { env: { DRYBOOT_STORE: store } });
    expect(ended.stderr).toMatch(
      /initrd\.img[\s\S]*next: .*dryboot image build rescue[\s\S]*\[IMAGE_DIGEST_MISMATCH\]/,
    );
    expect(ended.code).toBe(1);
  });

  test("a folder for reports that cannot be written", async () => {
    const file = join(await scratchFolder(), "file");
    await writeFile(file, "");
    const ended = await dryboot(["boot", "--reports", join(file, "reports")]);
    expect(ended.stderr).toMatch(/--reports DIR[\s\S]*\[REPORT_NOT_WRITTEN\]/);
    expect(ended.code).toBe(1);
  });

  test.runIf(process.getuid?.() === 0)("a disk that fills up while a boot is recorded", async () => {
    const disk = await scratchFolder();
    const small = `mount -t tmpfs -o size=64k small '${disk}' && exec "$@"`;
    const wrap = ["unshare", "--mount", "--propagation", "private", "sh", "-c", small, "sh"];
    const ended = await dryboot(["boot", "--reports", join(disk, "reports")], { wrap });
    expect(ended.stderr).toMatch(/note: the record of this run ends here: ENOSPC/);
    expect(ended.stdout).toMatch(/node1 is ready/);
    expect(ended.code).toBe(0);
  });
});

test("an image whose download is killed is fetched again, and never half used", async () => {
  const store = await scratchFolder();
  {
    await using building = DrybootProcess.start(["image", "build", "rescue"], {
      env: { DRYBOOT_STORE: store },
    });
    await building.shows(/downloading linux-image/, 60_000);
    building.kill("SIGKILL");
    await building.ended;
  }
  expect((await dryboot(["image", "list", "--json"], { env: { DRYBOOT_STORE: store } })).stdout).toMatch(
    /"name":"rescue"[^\n]*"state":"absent"/,
  );
  const again = await dryboot(["image", "build", "rescue"], { env: { DRYBOOT_STORE: store } });
  expect(again).toMatchObject({ code: 0 });
  // Same inputs, same digest: in this store as in the one that the scenarios boot from.
  const digest = async (env: Record<string, string>) =>
    /"digest":"(\w{64})"/.exec((await dryboot(["image", "list", "rescue", "--json"], { env })).stdout)?.[1];
  expect(await digest({ DRYBOOT_STORE: store })).toBe(await digest({}));
  expect(await digest({})).toMatch(/^\w{64}$/);
  expect((await dryboot(["image", "verify"], { env: { DRYBOOT_STORE: store } })).code).toBe(0);
});

test("--json prints facts and nothing else", async () => {
  const reports = join(await scratchFolder(), "reports");
  await mkdir(reports);
  const ended = await dryboot(["boot", "--json", "--reports", reports]);
  const facts = ended.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string });
  expect(facts[0]?.type).toBe("lab.opened");
  expect(facts.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["vm.powered-on", "machine.ready", "vm.ready"]),
  );
  expect(facts.at(-1)).toMatchObject({ type: "vm.exited", code: 0 });
  expect(ended).toMatchObject({ code: 0, stderr: "" });
});
