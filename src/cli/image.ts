import * as z from "zod";
import { storeFolder } from "../core/folders.ts";
import { suggest } from "../core/nearest.ts";
import { formatSize } from "../core/units.ts";
import { buildImage } from "../images/catalogue.ts";
import { IpxeBuilds } from "../images/ipxe-builds.ts";
import type { ListedImage } from "../images/list.ts";
import { listImages, openImage, removeImage } from "../images/list.ts";
import { sayInput } from "../images/manifest.ts";
import type { ImageProgress } from "../images/progress.ts";
import { sayProgress } from "../images/progress.ts";
import type { ImageRecipe } from "../images/recipe.ts";
import { recipeFor, recipeNamed, recipes } from "../images/recipes.ts";
import type { OpenedImage } from "../images/store.ts";
import { loadSite } from "../site/load.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import { keys } from "./image-keys.ts";
import { tellBuild } from "./ipxe-text.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  json: boolean;
  refresh: boolean;
  name: string;
  site?: string | undefined;
}

type Action = (
  names: readonly string[],
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
) => Promise<void>;

const actions: Readonly<Record<string, Action>> = { list, build, verify, remove, add, keys };

export const image = command({
  name: "image",
  summary: "List, build, verify and remove what machines boot",
  details:
    "  list             every image there is a recipe for, and what the store has of it\n" +
    "  build NAME...    build it from Debian's packages, which are fetched and verified when they are not in the store\n" +
    "  verify NAME...   compare every file with the digest written down when it was built\n" +
    "  remove NAME...   take it out of the store\n" +
    "  add ipxe PATH... take files of an iPXE you have built, or a `bin` folder of it, into the store: `dryboot ipxe`\n" +
    "  keys [add FILE]  the keys that sign releases; add takes one from a file when its fingerprint is the known one\n\n" +
    "Without a NAME, `build` and `verify` take all images; `verify` then leaves out those that are not built.",
  positionals: [
    { name: "action", describe: "list (the default), build, verify, remove, add or keys", optional: true },
    { name: "names", describe: "Images, for example rescue", optional: true, many: true },
  ],
  flags: z.strictObject({
    refresh: z
      .boolean()
      .default(false)
      .describe("With `build`: ask Debian's archive for newer packages than the store has"),
    site: z
      .string()
      .optional()
      .describe("Take the images of this site, by their names there (default: those that need no options)")
      .meta({ placeholder: "SITE" }),
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
  const listed = await listImages(storeFolder(), await wantedRecipes(names, site));
  if (json) for (const one of listed) terminal.out(JSON.stringify(one));
  else for (const line of formatImages(listed, terminal.columns)) terminal.out(line);
}

/** The table of `image list`. */
export function formatImages(listed: readonly ListedImage[], width: number): string[] {
  const rows = listed.map(({ name, level, state, manifest, summary }) => [
    ...[name, `level ${level}`, state],
    ...[manifest?.digest.slice(0, 12) ?? "-", manifest ? formatSize(sizeOf(manifest)) : "-", summary],
  ]);
  return table([["NAME", "LEVEL", "STATE", "DIGEST", "SIZE", "WHAT IT IS"], ...rows], { right: [4], width });
}

async function build(
  names: readonly string[],
  { json, refresh, site }: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  for (const recipe of await wantedRecipes(names, site)) {
    const { name } = recipe;
    const built = await buildImage(recipe, { refresh, signal, onProgress: showing(name, terminal) });
    terminal.live([]);
    tell(built, "built", json, terminal);
  }
}

/** Follows the work: in place on a terminal, elsewhere a line per step. Standard output is kept for the result. */
function showing(name: string, terminal: Terminal): (progress: ImageProgress) => void {
  let said = "";
  return (progress) => {
    const sentence = sayProgress(progress);
    if (terminal.isTTY) terminal.live([`${name}: ${sentence}`]);
    const step = sentence.replace(/, \d+ %$/, "");
    if (!terminal.isTTY && step !== said) terminal.err(`${name}: ${step}`);
    said = step;
  };
}

async function verify(names: readonly string[], { json, site }: Options, terminal: Terminal): Promise<void> {
  const wanted = await wantedRecipes(names, site);
  const there = await listImages(storeFolder(), wanted);
  for (const { name, state } of there) {
    if (names.length > 0 || state !== "absent") tell(await openImage({ name }), "verified", json, terminal);
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
  for (const { name } of await wantedRecipes(names, site)) {
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

/** All of them known, before anything is done to the first. */
async function wantedRecipes(
  names: readonly string[],
  site: string | undefined,
): Promise<readonly ImageRecipe[]> {
  if (site === undefined) return names.length > 0 ? names.map(recipeNamed) : recipes;
  const { images } = (await loadSite(site)).site;
  const unknown = names.find((name) => !Object.hasOwn(images, name));
  if (unknown !== undefined) {
    throw usageError(
      `the site has no image \`${unknown}\``,
      `--site ${site}`,
      suggest(unknown, Object.keys(images)),
    );
  }
  const chosen = names.length > 0 ? names : Object.keys(images);
  const found = chosen.flatMap((name) => (images[name] ? [recipeFor(images[name])] : []));
  return [...new Map(found.map((recipe) => [recipe.name, recipe])).values()];
}

function tell(opened: OpenedImage, done: string, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(JSON.stringify(opened));
    return;
  }
  const { name, level, digest } = opened;
  terminal.out(
    `${name}: ${done}, level ${level}, digest ${digest.slice(0, 12)}, ${formatSize(sizeOf(opened))}`,
  );
  for (const input of opened.inputs) terminal.out(`  from ${sayInput(input)}`);
}

function sizeOf({
  kernel,
  initrds,
  files,
}: Pick<OpenedImage, "kernel" | "initrds" | "files"> | NonNullable<ListedImage["manifest"]>): number {
  return [kernel, ...initrds, ...files].reduce((sum, file) => sum + file.sizeBytes, 0);
}
