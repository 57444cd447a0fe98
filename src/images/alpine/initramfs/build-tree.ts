import { access, copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DrybootError } from "../../../core/errors.ts";
import type { BuildWorld, FetchedFile } from "../../recipe.ts";
import { decodeApk } from "../apk-package.ts";
import type { TarEntry } from "../tar.ts";
import { decodeTar } from "../tar.ts";
import { runInTree } from "./chroot.ts";
import type { AlpineInitramfsOptions } from "./options.ts";
import { runlevelLinks } from "./runlevels.ts";
import { skeletonIn } from "./skeleton.ts";
import type { TreeFile } from "./tree.ts";
import { placeInTree, unpackTree } from "./tree.ts";

/** The file system of an image as it lies on the disk, and the archives that know whom its files belong to. */
export interface BuiltTree {
  folder: string;
  archives: readonly (readonly TarEntry[])[];
}

// Three times what the largest of the releases holds.
const limits = { field: "minirootfs", maxEntries: 3000, maxBytes: 32 * 2 ** 20 };

/**
 * Makes the file system of an image. With packages, Alpine's own apk from the minirootfs installs them, in the order and
 * with the scripts of any Alpine, and checks once more whose they are; without, it is the minirootfs itself.
 */
export async function buildTree(
  options: AlpineInitramfsOptions,
  fetched: readonly FetchedFile[],
  ours: readonly TreeFile[],
  { scratch, signal }: BuildWorld,
): Promise<BuiltTree> {
  const [minirootfs, ...repository] = fetched;
  if (minirootfs === undefined) throw new Error("the recipe fetches the minirootfs first");
  const tar = gunzipSync(await readFile(minirootfs.path), { maxOutputLength: limits.maxBytes + 2 * 2 ** 20 });
  const base = await decodeTar(tar, limits);
  const root = join(scratch, "minirootfs");
  await mkdir(root);
  await unpackTree(base, root);
  const tree: BuiltTree =
    repository.length === 0
      ? { folder: root, archives: [base] }
      : await install(options, repository, root, signal);
  await finish(options, tree.folder, ours, signal);
  return tree;
}

/** Into a root of its own, so that nothing is in the image that no package brought. */
async function install(
  { packages }: AlpineInitramfsOptions,
  files: readonly FetchedFile[],
  root: string,
  signal: AbortSignal | undefined,
): Promise<BuiltTree> {
  const archives: TarEntry[][] = [];
  const repositories = new Set<string>();
  for (const { url, path, name } of files) {
    // A mirror's layout: .../REPOSITORY/ARCHITECTURE/FILE
    const [repository = "", arch = ""] = url.split("/").slice(-3);
    repositories.add(repository);
    const place = join(root, "repositories", repository, arch);
    await mkdir(place, { recursive: true });
    await copyFile(path, join(place, name));
    if (name.endsWith(".apk")) archives.push([...(await decodeApk(await readFile(path))).files]);
  }
  const folder = join(root, "target");
  await mkdir(folder);
  const from = [...repositories].flatMap((repository) => ["--repository", `/repositories/${repository}`]);
  // --no-chown: who builds owns nothing that he could give away.
  const quiet = ["--no-network", "--no-cache", "--no-progress", "--no-chown", "--keys-dir", "/etc/apk/keys"];
  await runInTree(root, ["apk", "--root", "/target", "--initdb", ...quiet, ...from, "add", ...packages], {
    hint: "apk's own words are above; what it was given came from the mirror, verified",
    ...(signal && { signal }),
  });
  return { folder, archives };
}

/** What is not the packages': our files, the site's, the services, and what the set-up script does. */
async function finish(
  { services, skeleton, setup }: AlpineInitramfsOptions,
  folder: string,
  ours: readonly TreeFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const theirs = skeleton === undefined ? [] : skeletonIn(skeleton);
  for (const file of [...ours, ...theirs]) await placeInTree(folder, file);
  if (await isThere(join(folder, "sbin/openrc"))) {
    for (const link of runlevelLinks(services)) {
      await requireService(folder, link.path);
      await placeInTree(folder, link);
    }
  } else if (services.length > 0) throw noOpenrc(services);
  if (setup === undefined) return;
  const script = ".dryboot-setup";
  await placeInTree(folder, { path: script, bytes: await readFile(setup), mode: 0o755 });
  await runInTree(folder, [`/${script}`], {
    hint: `correct the set-up script ${setup}: it runs as root in the image's own files, without a network`,
    ...(signal && { signal }),
  });
  await rm(join(folder, script));
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function requireService(folder: string, link: string): Promise<void> {
  const name = link.slice(link.lastIndexOf("/") + 1);
  if (await isThere(join(folder, "etc/init.d", name))) return;
  throw new DrybootError(`the image has no service \`${name}\``, {
    code: "IMAGE_NO_SERVICE",
    where: "services",
    hint: "name the package that brings it in `packages` (often NAME-openrc), or put it in the skeleton's etc/init.d",
    exitCode: 2,
  });
}

function noOpenrc(services: readonly string[]): DrybootError {
  return new DrybootError(`nothing could start ${services.join(", ")}: the image has no OpenRC`, {
    code: "IMAGE_NO_SERVICE",
    where: "services",
    hint: "give it `packages`: the minirootfs alone has busybox init and none of the services",
    exitCode: 2,
  });
}
