import { join } from "node:path";
import * as z from "zod";
import { storeFolder } from "../core/folders.ts";
import { isUrl } from "../images/mirrors.ts";
import type { Pulled } from "../images/pull-through.ts";
import type { FindInMirror } from "../netboot/mirrors.ts";
import { foldersAsMirror } from "../netboot/mirrors.ts";
import { mirrorFolderName, pullThroughs } from "../netboot/pull-throughs.ts";
import { askOutside } from "./outside.ts";

/** Mirrors and where they are, as plain data. */
export type MirrorRoots = readonly (readonly [name: string, roots: readonly string[]])[];

const question = z.strictObject({
  ask: z.literal("mirror"),
  name: z.string(),
  roots: z.array(z.string()),
  path: z.string(),
});

/** The mirrors of a lab: folders are read in there, of all others the process outside is asked. */
export function labMirrors(mirrors: MirrorRoots, ask = askOutside): Map<string, FindInMirror> {
  return new Map(
    mirrors.map(([name, roots]) => {
      const find = foldersAsMirror(roots.filter((root) => !isUrl(root)));
      if (!roots.some(isUrl)) return [name, find];
      return [
        name,
        async (path) => {
          const here = await find(path);
          return "file" in here ? here : ((await ask({ ask: "mirror", name, roots, path })) as Pulled);
        },
      ];
    }),
  );
}

/** Answers what a lab asks: it is of this user, and may name any mirror that a site may. */
export function outsideAnswers(
  signal: AbortSignal,
  store = storeFolder(),
): (asked: unknown) => Promise<Pulled> {
  const mirrors = new Map<string, FindInMirror>();
  return async (asked) => {
    const { data } = question.safeParse(asked);
    if (data === undefined) return { status: 502, reason: "the lab asked something that nobody understands" };
    const { name, roots, path } = data;
    const key = JSON.stringify([name, roots]);
    const find =
      mirrors.get(key) ?? pullThroughs([[name, roots]], join(store, mirrorFolderName), signal).get(name);
    if (find === undefined) return { status: 404, reason: "there is no such mirror" };
    mirrors.set(key, find);
    try {
      return await find(path);
    } catch (error) {
      return { status: 502, reason: error instanceof Error ? error.message : String(error) };
    }
  };
}
