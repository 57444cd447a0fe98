/** One client that fetches the same thing again and again and never gets behind it. */
export type Loop = Readonly<{
  what: "loader" | "script";
  file: string;
  times: number;
  withinMs: number;
  /** What last went wrong for it between one time and the next. May quote the client: print with care. */
  problem?: string;
}>;

/** This often, in this time: what a person who tries again and firmware with patience do not reach. */
export const loopTimes = 3;
export const loopWindowMs = 60_000;

/** When one client fetched one file, oldest first. */
export type Fetches = Readonly<{ file: string; at: readonly number[] }>;

/** What is known after one more fetch of `file`: never more than `loopTimes` moments, none of them in the future. */
export function afterFetch(
  before: Fetches | undefined,
  file: string,
  now: number,
): { fetches: Fetches; withinMs?: number } {
  const earlier = before?.file === file ? before.at : [];
  // A clock that was set back leaves moments that have not come yet: they say nothing.
  const recent = earlier.filter((at) => at <= now && now - at < loopWindowMs);
  const at = [...recent, now].slice(-loopTimes);
  const [first = now] = at;
  return { fetches: { file, at }, ...(at.length < loopTimes ? {} : { withinMs: now - first }) };
}

/** More than boot at once; strangers must not fill our memory. */
const mostClients = 4096;

/**
 * Sees who goes round in circles. Loaders are counted by the MAC whose address fetched them. Scripts are counted by the
 * MAC they are for and the address that asked: machines behind one NAT address are several, and a stranger who asks in
 * another's name is not that other.
 */
export class LoopWatch {
  readonly #loaders = new Map<string, Fetches>();
  readonly #loaderLoops = new Map<string, { loop: Loop; at: number }>();
  readonly #scripts = new Map<string, Fetches & { problem?: string }>();
  /** Whose script was asked for last from an address: what is fetched from there next is most likely theirs. */
  readonly #booting = new Map<string, string>();

  /** A whole loader was sent to this machine. */
  loaderFetched(mac: string, file: string, now: number): Loop | undefined {
    const { fetches, withinMs } = afterFetch(this.#loaders.get(mac), file, now);
    put(this.#loaders, mac, fetches);
    if (withinMs === undefined) return undefined;
    const loop: Loop = { what: "loader", file, times: loopTimes, withinMs };
    this.#loaders.delete(mac);
    put(this.#loaderLoops, mac, { loop, at: now });
    return loop;
  }

  /** The loop that this machine is in with its loader: known from the last fetch on, until it gets further or gives up. */
  loaderLoop(mac: string, now: number): Loop | undefined {
    const known = this.#loaderLoops.get(mac);
    if (known && known.at <= now && now - known.at < loopWindowMs) return known.loop;
    this.#loaderLoops.delete(mac);
    return undefined;
  }

  /** A script is asked for. Said once: whoever was told of its loop begins anew. */
  scriptAsked(mac: string, address: string, file: string, now: number): Loop | undefined {
    // Its loader runs, or somebody at the machine has found another way.
    this.#loaders.delete(mac);
    this.#loaderLoops.delete(mac);
    const key = `${mac} ${address}`;
    const known = this.#scripts.get(key);
    const { fetches, withinMs } = afterFetch(known, file, now);
    put(this.#booting, address, key);
    put(this.#scripts, key, { ...known, ...fetches });
    if (withinMs === undefined) return undefined;
    this.#scripts.delete(key);
    const problem = known?.problem === undefined ? {} : { problem: known.problem };
    return { what: "script", file, times: loopTimes, withinMs, ...problem };
  }

  /** Something that a script or a loader's configuration named was sent whole: that machine gets on. */
  imageFetched(address: string, mac: string | undefined): void {
    if (mac !== undefined) {
      // PXELINUX and GRUB ask for no script: this is the first that shows that they run.
      this.#loaders.delete(mac);
      this.#loaderLoops.delete(mac);
    }
    const key = this.#booting.get(address);
    if (key !== undefined) this.#scripts.delete(key);
  }

  /** Something that a script named could not be had. */
  fetchFailed(address: string, problem: string): void {
    const key = this.#booting.get(address);
    const known = key === undefined ? undefined : this.#scripts.get(key);
    if (key !== undefined && known) put(this.#scripts, key, { ...known, problem });
  }

  /** Everything may be answered otherwise from now on: the circles of before prove nothing. */
  forget(): void {
    for (const map of [this.#loaders, this.#loaderLoops, this.#scripts, this.#booting]) map.clear();
  }
}

/** Sets it as the newest; the oldest makes room. */
function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= mostClients) return;
  for (const oldest of map.keys()) return void map.delete(oldest);
}
