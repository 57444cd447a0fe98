import type { Dependency } from "./apk-dependency.ts";
import { formatDependency, isSatisfied, parseDependency } from "./apk-dependency.ts";
import type { IndexRecord } from "./apk-index.ts";
import { compareApkVersions } from "./apk-version.ts";

/** Everything a world needs, in the order in which it can be installed; or why there is no such set. */
export type Resolution = { packages: readonly IndexRecord[] } | { problem: string };

/**
 * What apk would install for a world (`/etc/apk/world`): the packages named, what they depend on, and what asks to come
 * along (`install_if`). The newest version of a name wins, then the higher priority among providers; where neither
 * decides, a person must, as with apk. A choice that turns out impossible is taken back and not made again, so it ends.
 */
export function resolveWorld(world: readonly string[], index: readonly IndexRecord[]): Resolution {
  const wanted: Dependency[] = [];
  for (const word of world.toSorted()) {
    const dependency = parseDependency(word);
    if (dependency === undefined) return { problem: `\`${word}\` is no name of a package` };
    wanted.push(dependency);
  }
  const offers = offersOf(index);
  const refused = new Set<IndexRecord>();
  let problem: string | undefined;
  for (;;) {
    const attempt = new Attempt(offers, index, refused);
    const failed = attempt.run(wanted);
    if (failed === undefined) return { packages: attempt.inOrder(wanted) };
    // The first is the nearest to what was asked for; those after it are about the ways round it.
    if (failed.needless !== true) problem ??= failed.problem;
    if (failed.blame === undefined) return { problem: problem ?? failed.problem };
    refused.add(failed.blame);
  }
}

interface Offer {
  record: IndexRecord;
  /** Absent where it is provided without one. */
  version?: string;
}

interface Failure {
  problem: string;
  /** What led here, when something else may be chosen in its place. */
  blame?: IndexRecord;
  /** Nobody asked for it. */
  needless?: true;
}

/** Who is behind each name: the package of that name, and those that provide it. */
function offersOf(index: readonly IndexRecord[]): Map<string, Offer[]> {
  const offers = new Map<string, Offer[]>();
  const add = (name: string, offer: Offer) => {
    const known = offers.get(name);
    if (known === undefined) offers.set(name, [offer]);
    else known.push(offer);
  };
  for (const record of index) {
    add(record.name, { record, version: record.version });
    for (const { name, version } of record.provides) {
      add(name, version === undefined ? { record } : { record, version });
    }
  }
  return offers;
}

/** One pass from the world to a set, which fails at the first thing that cannot be. */
class Attempt {
  readonly #offers: ReadonlyMap<string, readonly Offer[]>;
  readonly #index: readonly IndexRecord[];
  readonly #refused: ReadonlySet<IndexRecord>;
  readonly #chosen = new Map<string, IndexRecord>();
  /** The names they go by, their own and those they provide. */
  readonly #present = new Map<string, Offer[]>();
  readonly #conflicts: { by?: IndexRecord; dependency: Dependency }[] = [];

  constructor(
    offers: ReadonlyMap<string, readonly Offer[]>,
    index: readonly IndexRecord[],
    refused: ReadonlySet<IndexRecord>,
  ) {
    this.#offers = offers;
    this.#index = index;
    this.#refused = refused;
  }

  run(wanted: readonly Dependency[]): Failure | undefined {
    const failed = this.#need(wanted.map((dependency) => ({ dependency })));
    if (failed !== undefined) return failed;
    for (;;) {
      const more = this.#comesAlong();
      if (more === undefined) return undefined;
      const unable = this.#choose(more);
      // Whatever the reason, it stays out.
      if (unable !== undefined) return { ...unable, blame: more, needless: true };
    }
  }

  /** Breadth first: what is asked for plainly is chosen before what follows from it. */
  #need(first: readonly { by?: IndexRecord; dependency: Dependency }[]): Failure | undefined {
    const queue = [...first];
    for (let at = 0; at < queue.length; at += 1) {
      const asked = queue[at];
      if (asked === undefined) break;
      const { dependency, by } = asked;
      const chosen = dependency.conflict ? this.#forbid(dependency, by) : this.#provide(dependency, by);
      if (chosen === undefined) continue;
      if ("problem" in chosen) return chosen;
      queue.push(...chosen.depends.map((one) => ({ by: chosen, dependency: one })));
    }
    return undefined;
  }

  #choose(record: IndexRecord): Failure | undefined {
    const failed = this.#add(record);
    if (failed !== undefined) return failed;
    return this.#need(record.depends.map((dependency) => ({ by: record, dependency })));
  }

  #forbid(dependency: Dependency, by: IndexRecord | undefined): Failure | undefined {
    this.#conflicts.push({ dependency, ...(by && { by }) });
    const against = this.#holder(dependency);
    if (against === undefined || against === by) return undefined;
    return { problem: `${nameOf(by)} cannot be with ${nameOf(against)}`, ...this.#blame(by ?? against) };
  }

  /** The package that is taken for a dependency; undefined when one that is there will do. */
  #provide(dependency: Dependency, by: IndexRecord | undefined): IndexRecord | Failure | undefined {
    if (this.#holder(dependency) !== undefined) return undefined;
    const offers = this.#offers.get(dependency.name) ?? [];
    const fitting = offers.filter((offer) => fits(dependency, offer) && !this.#refused.has(offer.record));
    const free = fitting.filter(({ record }) => !this.#chosen.has(record.name));
    const missing = `${nameOf(by)} needs ${formatDependency(dependency)}`;
    const best = bestOf(free, dependency.name);
    if (best === undefined) {
      // The name is taken by a version that will not do: the next attempt does without that one.
      const taken = offers.find(({ record }) => this.#chosen.get(record.name) === record);
      const problem = offers.length === 0 ? "which is not there" : "and nothing that is there will do";
      return { problem: `${missing}, ${problem}`, ...this.#blame(taken?.record, by) };
    }
    if (typeof best === "string") return { problem: `${missing}, and it must be said which one: ${best}` };
    return this.#add(best) ?? best;
  }

  #add(record: IndexRecord): Failure | undefined {
    const rival = this.#chosen.get(record.name);
    if (rival !== undefined) return { problem: `${nameOf(record)} cannot be with ${nameOf(rival)}` };
    this.#chosen.set(record.name, record);
    for (const [name, offer] of namesOf(record)) {
      this.#present.set(name, [...(this.#present.get(name) ?? []), offer]);
    }
    for (const { dependency, by } of this.#conflicts) {
      if (by !== record && this.#holder(dependency) === record) {
        return { problem: `${nameOf(by)} cannot be with ${nameOf(record)}`, ...this.#blame(record, by) };
      }
    }
    return undefined;
  }

  #holder(dependency: Dependency): IndexRecord | undefined {
    return this.#present.get(dependency.name)?.find((offer) => fits(dependency, offer))?.record;
  }

  #blame(...records: (IndexRecord | undefined)[]): Pick<Failure, "blame"> {
    const blame = records.find((record) => record !== undefined && !this.#refused.has(record));
    return blame === undefined ? {} : { blame };
  }

  /** The first package of the index, by name, all of whose conditions have come true. */
  #comesAlong(): IndexRecord | undefined {
    const holds = (dependency: Dependency) =>
      (this.#holder(dependency) !== undefined) !== dependency.conflict;
    return this.#index
      .filter(
        (record) =>
          record.installIf.length > 0 &&
          !this.#chosen.has(record.name) &&
          !this.#refused.has(record) &&
          record.installIf.every(holds),
      )
      .toSorted(byNameThenNewest)[0];
  }

  /** What is needed stands before who needs it, but where they need each other. */
  inOrder(wanted: readonly Dependency[]): IndexRecord[] {
    const ordered = new Set<IndexRecord>();
    const visited = new Set<IndexRecord>();
    const visit = (root: IndexRecord) => {
      const stack: { record: IndexRecord; left: Dependency[] }[] = [];
      const enter = (record: IndexRecord) => {
        if (visited.has(record)) return;
        visited.add(record);
        stack.push({ record, left: [...record.depends] });
      };
      enter(root);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        const next = top.left.shift();
        const holder = next === undefined || next.conflict ? undefined : this.#holder(next);
        if (holder !== undefined) enter(holder);
        else if (next === undefined) {
          ordered.add(top.record);
          stack.pop();
        }
      }
    };
    for (const dependency of wanted) {
      const record = dependency.conflict ? undefined : this.#holder(dependency);
      if (record !== undefined) visit(record);
    }
    for (const record of this.#chosen.values()) visit(record);
    return [...ordered];
  }
}

function namesOf(record: IndexRecord): [string, Offer][] {
  const own: [string, Offer] = [record.name, { record, version: record.version }];
  return [
    own,
    ...record.provides.map(({ name, version }): [string, Offer] => [
      name,
      version === undefined ? { record } : { record, version },
    ]),
  ];
}

function fits(dependency: Dependency, { record, version }: Offer): boolean {
  if (dependency.identity !== undefined) return dependency.identity === record.identity;
  return isSatisfied(dependency, version);
}

/** The one to take; the names to choose from where nothing decides between them. */
function bestOf(offers: readonly Offer[], name: string): IndexRecord | string | undefined {
  const sorted = offers.toSorted((a, b) => preferred(a, b, name));
  const [first] = sorted;
  if (first === undefined) return undefined;
  const names = new Set(sorted.map(({ record }) => record.name));
  // A name that is provided without a version and without a priority stands for nobody in particular.
  const open = first.version === undefined && first.record.providerPriority === 0;
  return open && names.size > 1 ? [...names].toSorted().join(", ") : first.record;
}

function preferred(a: Offer, b: Offer, name: string): number {
  return (
    Number(b.version !== undefined) - Number(a.version !== undefined) ||
    (a.version !== undefined && b.version !== undefined ? compareApkVersions(b.version, a.version) : 0) ||
    Number(b.record.name === name) - Number(a.record.name === name) ||
    b.record.providerPriority - a.record.providerPriority ||
    byNameThenNewest(a.record, b.record)
  );
}

function byNameThenNewest(a: IndexRecord, b: IndexRecord): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareApkVersions(b.version, a.version) || (a.identity < b.identity ? -1 : 1);
}

function nameOf(record: IndexRecord | undefined): string {
  return record === undefined ? "the world" : `${record.name}-${record.version}`;
}
