import { describe, expect, test } from "vitest";
import type { Content } from "./layers.fixture.ts";
import { listed, merged, textOf } from "./layers.fixture.ts";

const pathsOf = async (...layers: readonly Readonly<Record<string, Content>>[]) => [
  ...(await merged(...layers)).keys(),
];
const onlyThese = { "overlay.yaml": "defaultServices: false\n" };

describe("layers", () => {
  test("are joined, a later one's file replacing an earlier one's", async () => {
    const tree = await merged(
      { ...onlyThese, "etc/motd": "site", "etc/issue": "site" },
      { "etc/motd": "group" },
      { "etc/motd": "machine", "usr/local/bin/tool": { text: "#!/bin/sh\n", mode: 0o755 } },
    );
    expect(listed(tree)).toEqual([
      "etc 755 0:0 / (layer 0)",
      'etc/issue 644 0:0 "site" (layer 0)',
      'etc/motd 644 0:0 "machine" (layer 2)',
      "usr 755 0:0 / (layer 2)",
      "usr/local 755 0:0 / (layer 2)",
      "usr/local/bin 755 0:0 / (layer 2)",
      'usr/local/bin/tool 755 0:0 "#!/bin/sh\\n" (layer 2)',
    ]);
  });

  test("are taken away from by a later one's .wh.NAME, be it a file or all of a folder", async () => {
    const first = {
      ...onlyThese,
      "etc/motd": "a",
      "etc/conf.d/one": "b",
      "etc/conf.d/two": "c",
      "etc/issue": "d",
    };
    expect(await pathsOf(first, { "etc/.wh.motd": "", "etc/.wh.conf.d": "" })).toEqual(["etc", "etc/issue"]);
  });

  test("take away only what is before them", async () => {
    const tree = await merged({ "etc/motd": "a" }, { "etc/.wh.motd": "", "etc/motd": "b" });
    expect(textOf(tree, "etc/motd")).toBe("b");
  });

  test("put a folder where a link was, and write nothing through the link", async () => {
    const tree = await merged({ ...onlyThese, "etc/app": { link: "/var/app" } }, { "etc/app/conf": "x" });
    expect(listed(tree)).toEqual([
      "etc 755 0:0 / (layer 0)",
      "etc/app 755 0:0 / (layer 1)",
      'etc/app/conf 644 0:0 "x" (layer 1)',
    ]);
  });

  test("put a file where a folder was, and nothing of the folder stays", async () => {
    expect(await pathsOf({ ...onlyThese, "etc/app/conf": "x" }, { "etc/app": "y" })).toEqual([
      "etc",
      "etc/app",
    ]);
  });

  test("keep the permissions of a folder unless they say others", async () => {
    const first = { "overlay.yaml": 'files: { etc/keys: { mode: "0700" } }', "etc/keys/a": "a" };
    const mode = async (second: Readonly<Record<string, Content>>) =>
      (await merged(first, second)).get("etc/keys")?.mode.toString(8);
    expect(await mode({ "etc/keys/b": "b" })).toBe("700");
    expect(await mode({ "overlay.yaml": 'files: { etc/keys: { mode: "0750" } }', "etc/keys/b": "b" })).toBe(
      "750",
    );
  });

  test("leave /tmp and /root with the permissions they have everywhere", async () => {
    const tree = await merged({
      "tmp/seed": "x",
      "root/.profile": "x",
      "overlay.yaml": "sshKeys: [ssh-ed25519 AAAA]",
    });
    const modes = ["tmp", "root", "root/.ssh", "root/.ssh/authorized_keys"].map((path) =>
      tree.get(path)?.mode.toString(8),
    );
    expect(modes).toEqual(["1777", "700", "700", "600"]);
  });

  test.each([
    ["x".repeat(9 * 2 ** 20), "18874368 bytes"],
    ["", ""],
  ])("may not come to more than an overlay may be", async (large, problem) => {
    const both = merged({ "usr/a": large }, { "usr/b": large });
    if (problem === "") await expect(both).resolves.toBeDefined();
    else await expect(both).rejects.toThrow(problem);
  });
});

describe("what is joined from all layers", () => {
  test("is the packages, sorted, each once", async () => {
    const tree = await merged(
      { "overlay.yaml": "packages: [openssh, htop]" },
      { "etc/apk/world": "vim\nhtop\n" },
      { "overlay.yaml": "packages: ['curl>8', openssh]" },
    );
    expect(textOf(tree, "etc/apk/world")).toBe("alpine-base\ncurl>8\nhtop\nopenssh\nvim\n");
  });

  test("is begun anew by who takes the list away", async () => {
    const tree = await merged(
      { "overlay.yaml": "packages: [openssh, htop]" },
      { "etc/apk/.wh.world": "", "overlay.yaml": "packages: [vim]" },
    );
    expect(textOf(tree, "etc/apk/world")).toBe("alpine-base\nvim\n");
  });

  test("is who may log in as root", async () => {
    const tree = await merged(
      { "overlay.yaml": "sshKeys: [ssh-ed25519 BBBB second]" },
      { "root/.ssh/authorized_keys": "ssh-ed25519 AAAA first\n" },
    );
    expect(textOf(tree, "root/.ssh/authorized_keys")).toBe(
      "ssh-ed25519 AAAA first\nssh-ed25519 BBBB second\n",
    );
  });

  test("is what is started, and what Alpine starts by itself unless a layer does not want it", async () => {
    const services = { "overlay.yaml": "services: { default: [sshd], boot: [networking] }" };
    const tree = await merged(services, { "etc/runlevels/default/.wh.sshd": "" });
    expect([...tree.keys()]).toEqual([
      "etc",
      "etc/.default_boot_services",
      "etc/runlevels",
      "etc/runlevels/boot",
      "etc/runlevels/boot/networking",
      "etc/runlevels/default",
    ]);
    expect(tree.get("etc/runlevels/boot/networking")).toMatchObject({ target: "/etc/init.d/networking" });
    expect(await pathsOf(services, onlyThese)).not.toContain("etc/.default_boot_services");
  });

  test("is no package that apk would not know for one", async () => {
    await expect(merged({ "etc/apk/world": "vim; reboot\n" })).rejects.toThrow('holds "vim;"');
  });
});
