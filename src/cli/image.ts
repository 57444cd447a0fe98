import * as z from "zod";
import { storeFolder } from "../core/folders.ts";
import { suggest } from "../core/nearest.ts";
import { formatDuration, formatSize } from "../core/units.ts";
import { IpxeBuilds } from "../images/ipxe-builds.ts";
import type { ListedImage } from "../images/list.ts";
import { listedImage, listImages, openImage, otherImages, removeImage } from "../images/list.ts";
import { sayInputs } from "../images/manifest.ts";
import type { OpenedImage } from "../images/store.ts";
import { ImageStore } from "../images/store.ts";
import { loadSite } from "../site/load.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import { buildAll, keepSite, lock } from "./image-build.ts";
import type { ImageFlags } from "./image-choice.ts";
import { wantedImages } from "./image-choice.ts";
import { gc } from "./image-gc.ts";
import { keys } from "./image-keys.ts";
import { promote, rollback } from "./image-promote.ts";
import { upgrade } from "./image-upgrade.ts";
import { tellBuild } from "./ipxe-text.ts";
import { siteLock } from "./site-lock.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

type Options = ImageFlags & { name: string; to?: string | undefined };

type Action = (
  names: readonly string[],
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
) => Promise<void>;

const actions: Readonly<Record<string, Action>> = {
  ...{ list, build, verify, remove, gc, lock, add, keys },
  ...{ upgrade, promote, rollback },
};

export const image = command({
  name: "image",
  summary: "List, build, verify and remove what machines boot",
  details:
    "  list             every image there is a recipe for or that a site made, and what the store has of it\n" +
    "  build NAME...    build it from Debian's packages, which are fetched and verified when they are not in the store\n" +
    "  build CONFIG...  a NixOS: its configuration (node.nix), a flake (.#node), a folder of a build, nixos-26.05\n" +
    "  lock SITE        build a site's images and write down what they are made of, beside the site: others are refused\n" +
    "  verify NAME...   compare every file with the digest written down when it was built\n" +
    "  remove NAME...   take it out of the store, unless a server or a lab uses it\n" +
    "  gc               take out of the store what nobody uses, no site names and nothing needed for a while\n" +
    "  add ipxe PATH... take files of an iPXE you have built, or a `bin` folder of it, into the store: `dryboot ipxe`\n" +
    "  keys [add FILE]  the keys that sign releases; add takes one from a file when its fingerprint is the known one\n" +
    "  upgrade IMAGE    build a newer release beside the old (--site, --to), say what differs, and boot both in the lab\n" +
    "  promote IMAGE    boot what was upgraded to and came up (--site); rollback IMAGE takes that back\n\n" +
    "Without a NAME, `build` and `verify` take all images; `verify` then leaves out those that are not built.",
  positionals: [
    {
      name: "action",
      describe:
        "list (the default), build, lock, verify, remove, gc, add, keys, upgrade, promote or rollback",
      optional: true,
    },
    { name: "names", describe: "Images, for example rescue", optional: true, many: true },
  ],
  flags: z.strictObject({
    refresh: z
      .boolean()
      .default(false)
      .describe("With `build` and `lock`: ask archives and mirrors for newer than the store has"),
    site: z
      .string()
      .optional()
      .describe("Take the images of this site, by their names there (default: those that need no options)")
      .meta({ placeholder: "SITE" }),
    lock: z
      .string()
      .optional()
      .describe("The file that a site's images are locked by (default: images.lock beside the site)")
      .meta({ placeholder: "PATH" }),
    dryRun: z.boolean().default(false).describe("With `gc`: only say what would go"),
    olderThan: z
      .string()
      .default("30d")
      .describe("With `gc`: how long what nobody refers to stays after it was last used")
      .meta({ placeholder: "TIME" }),
    to: z
      .string()
      .optional()
      .describe("With `upgrade`: the release or branch, 3.20.3 or v3.20 (default: the newest)")
      .meta({ placeholder: "RELEASE" }),
    name: z
      .string()
      .default("own")
      .describe("With `add ipxe`: the name that a site's `loaders.ipxe` selects it by")
      .meta({ placeholder: "NAME" }),
    json: z.boolean().default(false).describe("Print one JSON object per image instead of sentences"),
  }),
  async run({ flags, args }, terminal, signal) {
    const wanted = args.action ?? "list";
    const action = Object.hasOwn(actions, wanted) ? actions[wanted] : undefined;
    if (action === undefined) {
      throw usageError(
        `there is no \`image ${wanted}\``,
        "dryboot image",
        suggest(wanted, Object.keys(actions)),
      );
    }
    await action(args.names, flags, terminal, signal);
    return 0;
  },
});

async function list(names: readonly string[], { json, site }: Options, terminal: Terminal): Promise<void> {
  const recipes = await listImages(
    storeFolder(),
    (await wantedImages(names, site)).map(({ recipe }) => recipe),
  );
  const others = names.length === 0 && site === undefined ? await otherImages(recipes) : [];
  const listed = [...recipes, ...others];
  if (json) for (const one of listed) terminal.out(JSON.stringify(one));
  else for (const line of formatImages(listed, terminal.columns)) terminal.out(line);
}

/** The table of `image list`. */
export function formatImages(listed: readonly ListedImage[], width: number): string[] {
  const rows = listed.map(({ name, level, state, manifest, summary }) => [
    ...[name, `level ${level}`, state],
    ...[manifest?.digest.slice(0, 12) ?? "-", manifest ? formatSize(sizeOf(manifest)) : "-"],
    ...[manifest?.buildSeconds === undefined ? "-" : formatDuration(1000 * manifest.buildSeconds), summary],
  ]);
  const heads = ["NAME", "LEVEL", "STATE", "DIGEST", "SIZE", "BUILT IN", "WHAT IT IS"];
  return table([heads, ...rows], { right: [4, 5], width });
}

async function build(
  names: readonly string[],
  { json, refresh, site, lock: lockPath }: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const lock = site === undefined ? undefined : await siteLock(site, (await loadSite(site)).file, lockPath);
  const wanted = await wantedImages(names, site);
  const built = await buildAll(wanted, { refresh, locked: (name) => lock?.image(name) }, terminal, signal);
  for (const { opened } of built) tell(opened, "built", json, terminal);
  if (site !== undefined && lock !== undefined) await keepSite(site, built, lock, "new", terminal);
}

async function verify(
  names: readonly string[],
  { json, site, lock: lockPath }: Options,
  terminal: Terminal,
): Promise<void> {
  const lock = site === undefined ? undefined : await siteLock(site, (await loadSite(site)).file, lockPath);
  for (const { name, recipe } of await wantedImages(names, site)) {
    if (names.length === 0 && (await listedImage(recipe)).state === "absent") continue;
    const opened = await openImage(recipe);
    lock?.image(name)?.check(opened);
    tell(opened, "verified", json, terminal);
  }
}

async function remove(
  names: readonly string[],
  { json, site }: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (names.length === 0)
    throw usageError("NAME is missing", "dryboot image remove", "see `dryboot image --help`");
  for (const name of await storedNames(names, site)) {
    const removed = await removeImage(name, { signal });
    if (json) terminal.out(JSON.stringify({ name, removed }));
    else terminal.out(removed ? `${name}: removed` : `${name}: was not in the store`);
  }
}

async function add(
  [kind, ...paths]: readonly string[],
  { json, name }: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (kind !== "ipxe" || paths.length === 0) {
    throw usageError("only an iPXE can be added", "dryboot image add", "write `dryboot image add ipxe PATH`");
  }
  const build = await new IpxeBuilds(storeFolder()).add(name, paths, { signal });
  tellBuild(build, "added", json, terminal);
}

/** A name may be of an image that a site made, which is no recipe without it. */
async function storedNames(names: readonly string[], site: string | undefined): Promise<string[]> {
  const there = site === undefined ? await new ImageStore(storeFolder()).names() : [];
  const found = names.map(async (name) =>
    there.includes(name) ? [name] : (await wantedImages([name], site)).map(({ recipe }) => recipe.name),
  );
  return (await Promise.all(found)).flat();
}

function tell(opened: OpenedImage, done: string, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(JSON.stringify(opened));
    return;
  }
  const { name, level, digest } = opened;
  const seconds = opened.buildSeconds;
  const took = seconds === undefined || done !== "built" ? "" : ` in ${formatDuration(1000 * seconds)}`;
  terminal.out(
    `${name}: ${done}${took}, level ${level}, digest ${digest.slice(0, 12)}, ${formatSize(sizeOf(opened))}`,
  );
  for (const input of sayInputs(opened.inputs)) terminal.out(`  from ${input}`);
}

function sizeOf({
  kernel,
  initrds,
  files,
}: Pick<OpenedImage, "kernel" | "initrds" | "files"> | NonNullable<ListedImage["manifest"]>): number {
  return [kernel, ...initrds, ...files].reduce((sum, file) => sum + file.sizeBytes, 0);
}
