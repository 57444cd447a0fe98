import { basename } from "node:path";
import { canonicalModule, moduleDependencies, moduleFields } from "./kernel-modules.ts";

/** A module as modprobe is told of it: by its path below `lib/modules/<release>`. */
export interface IndexedModule {
  path: string;
  bytes: Uint8Array;
}

/**
 * The files by which busybox's modprobe finds modules, what they depend on, and which of them a device asks for. depmod
 * writes them when a kernel package is installed; ours never is. Only modules that are given are named.
 */
export function moduleIndex(
  modules: readonly IndexedModule[],
): Record<"modules.dep" | "modules.alias", string> {
  const known = new Map(modules.map((module) => [nameOf(module), module]));
  const sorted = modules.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const dependencies = new Map(modules.map((module) => [module, moduleDependencies(module.bytes)]));
  const all = (module: IndexedModule, seen: Set<IndexedModule>): Set<IndexedModule> => {
    for (const name of dependencies.get(module) ?? []) {
      const needed = known.get(name);
      if (needed === undefined || seen.has(needed)) continue;
      all(needed, seen);
      seen.add(needed);
    }
    return seen;
  };
  // What must be loaded first stands last (modules.dep(5)).
  const line = (module: IndexedModule) => [
    `${module.path}:`,
    ...[...all(module, new Set([module]))]
      .slice(1)
      .map(({ path }) => path)
      .toReversed(),
  ];
  const aliases = (module: IndexedModule) =>
    moduleFields(module.bytes, "alias").map((alias) => `alias ${alias} ${nameOf(module)}\n`);
  return {
    "modules.dep": sorted.map((module) => `${line(module).join(" ")}\n`).join(""),
    "modules.alias": sorted.flatMap(aliases).join(""),
  };
}

function nameOf({ path }: IndexedModule): string {
  return canonicalModule(basename(path, ".ko"));
}
