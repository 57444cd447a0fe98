import { DrybootError } from "../../core/errors.ts";
import type { Release } from "../promotions.ts";
import { releaseOf, sayRelease } from "../promotions.ts";
import type { FetchWorld } from "../recipe.ts";
import type { AlpineChoice } from "./family.ts";
import { alpineProblem } from "./family.ts";
import { minirootfsBranches, minirootfsReleases } from "./minirootfs.ts";
import { newestNetboot } from "./netboot/fetch.ts";

/**
 * What an image is upgraded to: the release or branch that is asked for, else the newest of its branch, and of the
 * stand-in the newest there is. Always with its number: what is tried and what is promoted must be the same.
 */
export async function upgradeTarget(
  choice: AlpineChoice,
  to: string | undefined,
  world: FetchWorld,
): Promise<Release> {
  const target = asked(to) ?? (choice.from === "netboot" ? { branch: choice.branch } : newestStandin());
  const { branch, version = await newestOf({ ...choice, branch: target.branch }, world) } = target;
  const problem = alpineProblem({ ...choice, branch, version });
  if (problem !== undefined) {
    throw new DrybootError(`there is no such image: \`${problem.key}\` ${problem.says}`, {
      code: "UPGRADE_TARGET",
      where: `--to ${to ?? sayRelease({ branch, version })}`,
      hint: `it is ${sayRelease(releaseOf(choice) ?? { branch: choice.branch })} now; name a branch, v3.20, or a release, 3.20.3`,
      exitCode: 2,
    });
  }
  return { branch, version };
}

/** `3.20.3`, `3.20` or `v3.20`. */
function asked(to: string | undefined): Release | undefined {
  if (to === undefined) return undefined;
  const [, branch, point] = /^v?(3\.\d{1,3})(\.\d{1,3})?$/.exec(to) ?? [];
  if (branch === undefined) {
    throw new DrybootError(`\`${to}\` is no release of Alpine`, {
      code: "UPGRADE_TARGET",
      where: `--to ${to}`,
      hint: "name a branch, v3.20, or a release, 3.20.3",
      exitCode: 2,
    });
  }
  return { branch: `v${branch}`, ...(point === undefined ? {} : { version: `${branch}${point}` }) };
}

function newestStandin(): Release {
  return { branch: minirootfsBranches.at(-1) ?? "v3.20" };
}

async function newestOf({ from, branch, arch }: AlpineChoice, world: FetchWorld): Promise<string> {
  if (from === "netboot") return (await newestNetboot({ branch, arch }, { ...world, refresh: true })).version;
  const known: Readonly<Record<string, { version: string }>> = minirootfsReleases;
  // Whether there is one of this branch, alpineProblem says better.
  return known[branch]?.version ?? `${branch.slice(1)}.0`;
}
