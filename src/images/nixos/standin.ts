import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { projectFolder } from "../../core/folders.ts";
import type { FetchedPackage } from "../../host/package-store.ts";
import type { CpioEntry } from "../cpio.ts";
import { packCpio } from "../cpio.ts";
import { modulesInLoadOrder } from "../kernel-modules.ts";
import type { BuildWorld, ImageParts, ImageRecipe } from "../recipe.ts";
import { packSquashfs } from "../squashfs.ts";
import { nixosCommandLine } from "./boot-words.ts";
import { readNetbootScript } from "./netboot-script.ts";
import { standInStorePath } from "./store-path.ts";

/** How NixOS begins: a script up to 25.11, systemd since 26.05. */
export type Stage1 = "scripted" | "systemd";

const folder = join(projectFolder, "vm-images/nixos-standin");
const scripts = [
  "stage-1-scripted",
  "stage-1-systemd",
  "standin.sh",
  "stage-2",
  "login",
  "profile",
  "network",
  "lease",
];

/** What Debian's cloud kernel has as modules, and a root in memory with a store from a loop device needs. */
const modules = ["virtio_pci", "virtio_net", "virtio_blk", "loop", "overlay", "squashfs"];

const releases: Readonly<Record<Stage1, string>> = { scripted: "25.11", systemd: "26.05" };

/** What nixpkgs of the release puts on the command line by itself. */
const parameters: Readonly<Record<Stage1, readonly string[]>> = {
  scripted: ["nohibernate", "loglevel=4", "lsm=landlock,yama,bpf"],
  systemd: ["root=fstab", "nohibernate", "loglevel=4", "lsm=landlock,yama,bpf"],
};

/**
 * Level 1: the format of a NixOS netboot, without NixOS. An initrd of two archives, of which the second holds the store;
 * `init=` below /nix/store, told by a `netboot.ipxe` and read from there; what both generations print, and how they fail.
 */
export function nixosStandin(stage1: Stage1): ImageRecipe {
  return {
    name: stage1 === "systemd" ? "nixos-standin" : "nixos-standin-scripted",
    level: 1,
    summary: `A stand-in with the format of NixOS ${releases[stage1]}'s netboot, not NixOS: Debian's cloud kernel, busybox`,
    packages: ["linux-image-cloud-amd64", "busybox-static"],
    sources: [
      ...scripts.map((name) => join(folder, name)),
      ...["standin.ts", "store-path.ts", "boot-words.ts", "netboot-script.ts"].map((name) =>
        join(import.meta.dirname, name),
      ),
      ...["cpio.ts", "kernel-modules.ts", "squashfs.ts"].map((name) => join(import.meta.dirname, "..", name)),
    ],
    options: { stage1 },
    assemble: (packages, _, world) => assemble(packages, stage1, world),
  };
}

async function assemble(
  [kernel, busyboxPackage]: readonly FetchedPackage[],
  stage1: Stage1,
  world: BuildWorld,
): Promise<ImageParts> {
  if (kernel === undefined || busyboxPackage === undefined) throw new Error("the recipe names two packages");
  const busybox = await readFile(join(busyboxPackage.files, "bin/busybox"));
  const system = await packStore(busybox, stage1, world);
  const script = netbootScript(stage1, system);
  const initrd = Buffer.concat([
    await firstHalf(kernel.files, busybox, stage1),
    packCpio([{ type: "file", path: "nix-store.squashfs", bytes: await readFile(storeFile(world)) }]),
  ]);
  const [release = ""] = await readdir(join(kernel.files, "lib/modules"));
  return {
    kernel: { name: "bzImage", path: join(kernel.files, `boot/vmlinuz-${release}`) },
    initrds: [{ name: "initrd", bytes: initrd }],
    files: [{ name: "netboot.ipxe", bytes: Buffer.from(script) }],
    // Read back as from any other build: what the stand-in promises, it promises to the same reader.
    commandLine: nixosCommandLine(readNetbootScript(script, "the stand-in's netboot.ipxe")),
  };
}

const storeFile = ({ scratch }: BuildWorld) => join(scratch, "nix-store.squashfs");

/** Packs the store, and says where in it the system is. */
async function packStore(busybox: Uint8Array, stage1: Stage1, world: BuildWorld): Promise<string> {
  const tree = join(world.scratch, "store");
  const texts = await Promise.all(scripts.map((name) => readFile(join(folder, name), "utf8")));
  const label = `${releases[stage1]}.dryboot-standin`;
  const busyboxPath = standInStorePath("busybox-standin", [busybox]);
  const system = standInStorePath(`nixos-system-nixos-kexec-${label}`, [busyboxPath, stage1, ...texts]);
  const inTree = (path: string) => join(tree, relative("/nix/store", path));
  await mkdir(inTree(join(busyboxPath, "bin")), { recursive: true });
  await writeFile(inTree(join(busyboxPath, "bin/busybox")), busybox, { mode: 0o755 });
  for (const applet of applets) await symlink("busybox", inTree(join(busyboxPath, "bin", applet)));
  await mkdir(inTree(system));
  const filled = (name: string) =>
    (texts[scripts.indexOf(name)] ?? "")
      .replaceAll("@busybox@", busyboxPath)
      .replaceAll("@system@", system)
      .replaceAll("@label@", label)
      .replaceAll("@generation@", stage1);
  const place = (name: string, text: string, mode = 0o644) =>
    writeFile(inTree(join(system, name)), text, { mode });
  await place("init", filled("stage-2"), 0o755);
  for (const name of ["login", "network", "lease"]) await place(name, filled(name), 0o755);
  await place("profile", filled("profile"));
  await place("nixos-version", `${label}\n`);
  await place("kernel-params", parameters[stage1].join(" "));
  await place(
    "os-release",
    `ID=dryboot-nixos-standin\nPRETTY_NAME="NixOS ${label} (a stand-in, not NixOS)"\n`,
  );
  await symlink(join(busyboxPath), inTree(join(system, "sw")));
  await writeFile(join(tree, "nix-path-registration"), `${busyboxPath}\n${system}\n`);
  await packSquashfs(tree, storeFile(world), world);
  return system;
}

/** The part that NixOS calls its ordinary initrd, in whole words of four bytes: the kernel looks for the next one there. */
async function firstHalf(kernelFiles: string, busybox: Uint8Array, stage1: Stage1): Promise<Uint8Array> {
  const [release = ""] = await readdir(join(kernelFiles, "lib/modules"));
  const loaded = await modulesInLoadOrder(join(kernelFiles, "lib/modules", release), modules);
  const program = async (path: string, name: string): Promise<CpioEntry> => ({
    ...{ type: "file", path, mode: 0o755 },
    bytes: await readFile(join(folder, name)),
  });
  const archive = packCpio([
    ...["dev", "proc", "sys"].map((path): CpioEntry => ({ type: "folder", path })),
    { type: "char-device", path: "dev/console", major: 5, minor: 1 },
    { type: "file", path: "bin/busybox", bytes: busybox, mode: 0o755 },
    { type: "symlink", path: "bin/sh", target: "busybox" },
    await program("init", `stage-1-${stage1}`),
    await program("standin.sh", "standin.sh"),
    ...loaded.map(
      ({ path, bytes }): CpioEntry => ({ type: "file", path: `lib/modules/${basename(path)}`, bytes }),
    ),
    {
      ...{ type: "file", path: "lib/modules/load-order" },
      bytes: Buffer.from(loaded.map(({ path }) => `${basename(path)}\n`).join("")),
    },
  ]);
  const packed = zstdCompressSync(archive, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
  return Buffer.concat([packed, Buffer.alloc((4 - (packed.length % 4)) % 4)]);
}

function netbootScript(stage1: Stage1, system: string): string {
  return [
    "#!ipxe",
    "# Of dryboot's stand-in, in the form in which NixOS says how it is booted.",
    `kernel bzImage init=${system}/init initrd=initrd ${parameters[stage1].join(" ")} \${cmdline}`,
    "initrd initrd",
    "boot",
    "",
  ].join("\n");
}

/** Programs of busybox that are called by their names in the store, which nothing can be linked into once it is packed. */
const applets = [
  ...[
    "sh",
    "init",
    "mount",
    "mkdir",
    "chmod",
    "chown",
    "cat",
    "cp",
    "ln",
    "ls",
    "sed",
    "tr",
    "hostname",
    "stty",
  ],
  ...["su", "ip", "udhcpc", "reboot", "poweroff", "uname", "id", "echo", "printf", "grep", "sleep", "ps"],
  ...[
    "df",
    "free",
    "dmesg",
    "wget",
    "ping",
    "hostname",
    "sha256sum",
    "test",
    "tail",
    "head",
    "rm",
    "sync",
    "dd",
  ],
].filter((name, at, all) => all.indexOf(name) === at);
