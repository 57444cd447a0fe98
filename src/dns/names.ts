/** What a decision looks up: the machines of our domain by name and by address, as far as they are known now. */
export interface NameReader {
  /** Of a host name without the domain; `unaddressed` for a machine of the site that has none at the moment. */
  addressOf(host: string): string | undefined;
  hostOf(address: string): string | undefined;
}

/** Stands for the address of a machine that is switched off: its name exists all the same. */
export const unaddressed = "unaddressed";

export type KnownMachine = Readonly<{ name: string; mac: string; ip?: string }>;
/** An address that somebody holds now. */
export type HeldAddress = Readonly<{ address: string; mac: string; hostName?: string }>;

export type NameSource = Readonly<{
  machines: readonly KnownMachine[];
  /** Names no client may take: the server's own, for one. */
  reserved: readonly string[];
  domain?: string;
  /** Addresses held now, in any order. */
  held(): Iterable<HeldAddress>;
}>;

/**
 * The names of the site's machines, and those that other clients ask for. A client gets a name that nobody has; whoever
 * had it keeps it, so that no newcomer takes over another's name.
 */
export class NameTable implements NameReader {
  readonly #source: NameSource;
  readonly #now: () => number;
  #addresses = new Map<string, string>();
  #hosts = new Map<string, string>();
  #owners = new Map<string, string>();
  #freshUntil = Number.NEGATIVE_INFINITY;

  constructor(source: NameSource, now: () => number = () => performance.now()) {
    this.#source = source;
    this.#now = now;
  }

  addressOf(host: string): string | undefined {
    this.#refresh();
    return this.#addresses.get(host);
  }

  hostOf(address: string): string | undefined {
    this.#refresh();
    return this.#hosts.get(address);
  }

  /** A hundred thousand leases take a while to go through: twenty times that long their names are used as they are. */
  #refresh(): void {
    const begun = this.#now();
    if (begun < this.#freshUntil) return;
    this.#rebuild();
    this.#freshUntil = begun + Math.max(shortestFreshMs, 20 * (this.#now() - begun));
  }

  #rebuild(): void {
    const { machines, reserved, domain } = this.#source;
    const before = this.#owners;
    this.#addresses = new Map(machines.map(({ name, ip = unaddressed }) => [name, ip]));
    this.#hosts = new Map(machines.flatMap(({ name, ip }) => (ip === undefined ? [] : [[ip, name]])));
    const ours = [...reserved, ...machines.map(({ name }) => name)];
    this.#owners = new Map(ours.map((name) => [name, ourselves]));
    const machineOf = new Map(machines.map((machine) => [machine.mac, machine]));
    const strangers: HeldAddress[] = [];
    for (const held of this.#source.held()) {
      const machine = machineOf.get(held.mac);
      if (machine === undefined) strangers.push(held);
      else if (machine.ip === undefined) this.#name(held.address, machine.name);
    }
    const asking = strangers.flatMap((held) => {
      const name = hostNameOf(held.hostName, domain);
      return name === undefined ? [] : [{ name, held }];
    });
    // Those who had their name before, then the others.
    for (const { name, held } of asking) if (before.get(name) === held.mac) this.#give(name, held);
    for (const { name, held } of asking) this.#give(name, held);
  }

  #give(name: string, { address, mac }: HeldAddress): void {
    if (this.#owners.has(name)) return;
    this.#owners.set(name, mac);
    this.#name(address, name);
  }

  #name(address: string, name: string): void {
    this.#addresses.set(name, address);
    this.#hosts.set(address, name);
  }
}

/** Long enough that a burst of questions costs one look, too short for anybody to notice. */
const shortestFreshMs = 50;
const ourselves = "";

/**
 * Names that whole networks look up by themselves to find a proxy or a tunnel: whoever answers to one of them reads
 * everybody's traffic (CERT VU#598349).
 */
const dangerous = ["wpad", "isatap", "localhost"];

/**
 * The name a client may have for the one it asks for (option 12), without our domain if it said that too; undefined
 * for what is no host name (RFC 1123 §2.1).
 */
export function hostNameOf(asked: string | undefined, domain: string | undefined): string | undefined {
  const name = asked?.toLowerCase().replace(/\.$/, "") ?? "";
  const suffix = domain === undefined ? "" : `.${domain.toLowerCase()}`;
  const host = suffix !== "" && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(host) || dangerous.includes(host)) return undefined;
  return host;
}
