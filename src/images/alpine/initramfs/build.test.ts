import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CpioEntry } from "../../cpio.ts";
import { packCpio } from "../../cpio.ts";
import { mirrorsHere } from "../../mirrors.ts";
import { fetchMinirootfs } from "../minirootfs.ts";
import { alpineKeys } from "../trusted-keys.ts";
import { buildTree } from "./build-tree.ts";
import { fetchAlpinePackages } from "./fetch-packages.ts";
import type { AlpineInitramfsOptions } from "./options.ts";
import { membersOf } from "./pack.ts";

const noMirror = mirrorsHere().length === 0 ? "DRYBOOT_ALPINE_MIRROR names no folder" : undefined;
const noNamespaces =
  spawnSync("unshare", ["--user", "--map-root-user", "--mount", "true"]).status === 0
    ? undefined
    : "no user namespaces here";
const whyNot = noMirror ?? noNamespaces;

describe.skipIf(whyNot !== undefined)(
  `an Alpine that is all in its initramfs${whyNot ? ` (${whyNot})` : ""}`,
  () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), "dryboot-alpine-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const usual: AlpineInitramfsOptions = {
      ...{ branch: "v3.19", packages: ["alpine-base", "chrony"], repositories: ["main"], services: [] },
      ...{ modules: [], owners: {} },
    };
    const ready = {
      path: "etc/init.d/dryboot-ready",
      bytes: Buffer.from("#!/sbin/openrc-run\n"),
      mode: 0o755,
    };

    async function members(options: AlpineInitramfsOptions, name: string): Promise<CpioEntry[]> {
      const world = { store: join(folder, "store"), refresh: false };
      const { branch, packages } = options;
      const wanted = {
        branch,
        arch: "x86_64",
        repositories: ["main"],
        world: packages,
        keys: alpineKeys("x86_64"),
      };
      const fetched = [
        await fetchMinirootfs(branch, "x86_64", world),
        ...(packages.length === 0 ? [] : await fetchAlpinePackages(wanted, world)),
      ];
      const scratch = join(folder, name);
      await mkdir(scratch);
      const tree = await buildTree(options, fetched, [ready], { scratch });
      return await membersOf(tree, options.owners);
    }

    const digest = (entries: readonly CpioEntry[]) =>
      createHash("sha256").update(packCpio(entries)).digest("hex");
    const at = (entries: readonly CpioEntry[], path: string) => entries.find((one) => one.path === path);

    test("is the same from the same packages, with their owners and set-user-ID", async () => {
      const setup = join(folder, "setup.sh");
      const script =
        "#!/bin/sh\nset -e\nadduser -S -D -H keeper\nmkdir /data\nid -u >/data/who\nls / >/data/root\n";
      await writeFile(setup, script);
      const options = { ...usual, services: ["chronyd"], setup, owners: { "/data": "keeper:root" } };
      const first = await members(options, "first");
      expect(digest(await members(options, "second"))).toBe(digest(first));

      expect(at(first, "bin/bbsuid")).toMatchObject({ mode: 0o4111 });
      expect(at(first, "etc/shadow")).toMatchObject({ mode: 0o640, owner: { uid: 0, gid: 42 } });
      const passwd = Buffer.from((at(first, "etc/passwd") as { bytes: Uint8Array }).bytes).toString();
      const [, chrony = ""] = /^chrony:x:(\d+):/m.exec(passwd) ?? [];
      const [, keeper = ""] = /^keeper:x:(\d+):/m.exec(passwd) ?? [];
      expect(at(first, "var/lib/chrony")).toMatchObject({ owner: { uid: Number(chrony) } });
      expect(at(first, "data/who")).toMatchObject({ owner: { uid: Number(keeper), gid: 0 } });
      expect(at(first, "data/who")).toMatchObject({ bytes: Buffer.from("0\n") });
      const root = Buffer.from((at(first, "data/root") as { bytes: Uint8Array }).bytes).toString();
      // Of this machine nothing can be seen from a set-up script, nor is anything of the build left.
      expect(root.split("\n")).not.toContain("repositories");
      expect(first.map(({ path }) => path)).not.toContain(".dryboot-setup");
      expect(at(first, "etc/runlevels/default/chronyd")).toMatchObject({ target: "/etc/init.d/chronyd" });
    });

    test("without packages is the minirootfs, and has no services to offer", async () => {
      const alone = { ...usual, packages: [] };
      expect(at(await members(alone, "alone"), "etc/alpine-release")).toMatchObject({
        bytes: Buffer.from("3.19.4\n"),
      });
      await expect(members({ ...alone, services: ["sshd"] }, "services")).rejects.toMatchObject({
        code: "IMAGE_NO_SERVICE",
      });
    });

    test("says which service it lacks, and what a set-up script said last", async () => {
      await expect(members({ ...usual, services: ["nginx"] }, "services")).rejects.toMatchObject({
        code: "IMAGE_NO_SERVICE",
      });
      const setup = join(folder, "setup.sh");
      await writeFile(setup, "#!/bin/sh\necho no luck >&2\nexit 3\n");
      await expect(members({ ...usual, setup }, "setup")).rejects.toThrow(/ended with 3:\n\s*no luck/);
    });
  },
);
