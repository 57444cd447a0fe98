import { fetchFile } from "../download.ts";
import { alpineMirrors } from "../mirrors.ts";
import type { FetchedFile, FetchWorld } from "../recipe.ts";

type MinirootfsArch = "x86_64" | "aarch64";

/**
 * The minirootfs of each branch that images are made from, and its sha512 as Alpine published it: what a mirror has
 * under the same name counts only if it is this.
 */
export const minirootfsReleases = {
  "v3.18": {
    version: "3.18.9",
    sha512: {
      x86_64:
        "97ae27020197040febee4082add4f521cd1b52c75094ca687e16f8b029cc385ce231372a68377b7c1929c92a614b5796e7aebdee1217d9a6d7128a827a6b0380",
      aarch64:
        "1283920e4c46fcc748c54e1b1d53d679b1e1afe1e1bbd71d2ed9d1740f2f5a093bf151ee4805bc5e27a449c3b07fa548f8653b6bc9f9c3a2cd2bd6ab5f92fccc",
    },
  },
  "v3.19": {
    version: "3.19.4",
    sha512: {
      x86_64:
        "b7b8904ee85a17ca26a560df5f7343559a531c729bb19ea6c4cf35425c66e09fbc2652304d2d94ced59cd6a5b85cd68f63af28e0c3e055f8422aff8f4a38b9a2",
      aarch64:
        "d43bad7ca7bd3a3d8229ee4f1bddd9a6db8689c27936a59b5c9015f2ba123f3a41adf1c6710abc3c25d8ee3f6be70063ad5bd4f7a753afedb0b465236aeeddd1",
    },
  },
  "v3.20": {
    version: "3.20.3",
    sha512: {
      x86_64:
        "9d5405f61f8a6ebc02461ba75346fbf1a63a4eab8510a0158dd321cee0c4dafe28c2a3d2cb7c3d75e2a8130dae0c3c92382f5b6adeea309eafc97621c5bf6400",
      aarch64:
        "cb3ba1d3ac8b90cb85a4fe2a0e26a42af542f64ea86598d0409bc35493c4e561229f8d3142a23013c98b1a037495a8bf123ff977066230ab36a3a13dc92da9c4",
    },
  },
} as const satisfies Record<string, { version: string; sha512: Record<MinirootfsArch, string> }>;

export type MinirootfsBranch = keyof typeof minirootfsReleases;

export const minirootfsBranches = Object.keys(minirootfsReleases) as [
  MinirootfsBranch,
  ...MinirootfsBranch[],
];

/** Where a mirror keeps it, below its root. */
export function minirootfsPath(branch: MinirootfsBranch, arch: MinirootfsArch): string {
  const { version } = minirootfsReleases[branch];
  return `${branch}/releases/${arch}/alpine-minirootfs-${version}-${arch}.tar.gz`;
}

/** Fetches a minirootfs, held to its digest. */
export async function fetchMinirootfs(
  branch: MinirootfsBranch,
  arch: MinirootfsArch,
  world: FetchWorld,
): Promise<FetchedFile> {
  const { sha512 } = minirootfsReleases[branch];
  const wanted = { path: minirootfsPath(branch, arch), sha512: sha512[arch] };
  return await fetchFile({ mirrors: alpineMirrors(), ...wanted }, world);
}
