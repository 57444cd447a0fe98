import { refreshed } from "../core/refreshed.ts";

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
  readonly #known: () => Known;
  #owners: ReadonlyMap<string, string> = new Map();

  constructor(source: NameSource, now?: () => number) {
    this.#source = source;
    this.#known = refreshed(() => this.#build(), now);
  }

  addressOf(host: string): string | undefined {
    return this.#known().addresses.get(host);
  }

  hostOf(address: string): string | undefined {
    return this.#known().hosts.get(address);
  }

  #build(): Known {
    const { machines, reserved, domain, held } = this.#source;
    const machineOf = new Map(machines.map((machine) => [machine.mac, machine]));
    const known = new KnownNames(machines, reserved);
    const asking: { name: string; holder: HeldAddress }[] = [];
    for (const holder of held()) {
      const machine = machineOf.get(holder.mac);
      if (machine !== undefined) {
        if (machine.ip === undefined) known.add(machine.name, holder.address);
        continue;
      }
      const name = hostNameOf(holder.hostName, domain);
      if (name !== undefined) asking.push({ name, holder });
    }
    // Those who had their name before, then the others.
    for (const { name, holder } of asking) {
      if (this.#owners.get(name) === holder.mac) known.give(name, holder);
    }
    for (const { name, holder } of asking) known.give(name, holder);
    this.#owners = known.owners;
    return known;
  }
}

type Known = Readonly<{ addresses: ReadonlyMap<string, string>; hosts: ReadonlyMap<string, string> }>;

class KnownNames {
  readonly addresses = new Map<string, string>();
  readonly hosts = new Map<string, string>();
  /** The MAC of each client that has a name. */
  readonly owners = new Map<string, string>();

  constructor(machines: readonly KnownMachine[], reserved: readonly string[]) {
    for (const name of reserved) this.owners.set(name, ourselves);
    for (const { name, ip } of machines) {
      this.owners.set(name, ourselves);
      this.addresses.set(name, ip ?? unaddressed);
      if (ip !== undefined) this.hosts.set(ip, name);
    }
  }

  add(name: string, address: string): void {
    this.addresses.set(name, address);
    this.hosts.set(address, name);
  }

  /** Unless somebody has it. */
  give(name: string, { address, mac }: HeldAddress): void {
    if (this.owners.has(name)) return;
    this.owners.set(name, mac);
    this.add(name, address);
  }
}

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
