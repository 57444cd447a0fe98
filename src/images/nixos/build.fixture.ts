import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { ImageProgress } from "../progress.ts";
import type { FetchWorld } from "../recipe.ts";

export const system =
  "/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8-nixos-system-nixos-kexec-26.05.20260601.abc";

/** What nixpkgs writes, and nixos-images with whole addresses. */
export const script = (kernel = "bzImage", initrd = "initrd", init = `${system}/init`) =>
  `#!ipxe\nkernel ${kernel} init=${init} initrd=initrd root=fstab loglevel=4 \${cmdline}\ninitrd ${initrd}\nboot\n`;

/** A folder that is removed at the end of the test, a store in it, and what fetching reports. */
export async function emptyWorld(cleanup: AsyncDisposableStack) {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-nixos-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const progress: ImageProgress[] = [];
  const world: FetchWorld = {
    store: join(folder, "store"),
    refresh: false,
    onProgress: (one) => progress.push(one),
  };
  return { folder, world, progress };
}

/** A build as Nix leaves it: a folder of links into a store elsewhere. */
export async function resultFolder(folder: string, text = script()): Promise<string> {
  const [result, elsewhere] = [join(folder, "result"), join(folder, "elsewhere")];
  await mkdir(result, { recursive: true });
  await mkdir(elsewhere, { recursive: true });
  for (const [name, content] of [
    ["bzImage", "a kernel"],
    ["initrd", "an initrd"],
    ["netboot.ipxe", text],
  ] as const) {
    await writeFile(join(elsewhere, name), content);
    await symlink(join(elsewhere, name), join(result, name));
  }
  return result;
}

/** Puts a program in front of the path for the rest of the test; `body` is a shell's. */
export async function withProgram(
  name: string,
  body: string,
  { folder, cleanup }: { folder: string; cleanup: AsyncDisposableStack },
): Promise<void> {
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, name), `#!/bin/sh\nset -eu\n${body}`);
  await chmod(join(bin, name), 0o755);
  const before = process.env["PATH"];
  cleanup.defer(() => {
    process.env["PATH"] = before;
  });
  process.env["PATH"] = `${bin}${delimiter}${before}`;
}

/** What `nix-build` does as far as we can see it: its words, its links, three folders of a store, their paths. */
export const fakeNixBuild = (store: string, more = "") => `
link=; configuration=
while [ $# -gt 0 ]; do
  case $1 in
    --out-link) link=$2; shift ;;
    -I) configuration=\${2#nixos-config=}; shift ;;
    -A) parts="\${parts:-} \${2##*.}"; shift ;;
  esac
  shift
done
${more}
echo "these 2 derivations will be built:" >&2
echo "  ${system}.drv" >&2
echo "building '/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8-initrd-linux-6.12.drv'..." >&2
echo "building '/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8-netboot.ipxe.drv'..." >&2
number=
for part in $parts; do
  out=${store}/$(basename "$configuration" .nix)-$part
  mkdir -p "$out"
  case $part in
    kernel) echo "kernel of $configuration" >"$out/bzImage" ;;
    netbootRamdisk) echo "initrd of $configuration" >"$out/initrd" ;;
    netbootIpxeScript) cat >"$out/netboot.ipxe" <<'END'
${script()}END
    ;;
  esac
  ln -s "$out" "$link$number"
  number=-$((\${number#-} + 1))
  if [ "$number" = -1 ]; then number=-2; fi
  echo "$out"
done
`;
