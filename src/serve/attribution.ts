import type { Fact } from "../core/timeline.ts";
import type { LiveFacts } from "./facts.ts";

/** As much of a machine as names it. */
export type NamedMachine = Readonly<{ name: string; mac: string }>;

/** More machines than a segment has; strangers must not fill our memory. */
const mostAddresses = 8192;
/** As many as the file servers serve at once, with room. */
const mostTransfers = 2048;

/**
 * Which machine each fact is about: its name in the site, or its MAC where the site does not name it. DHCP says the MAC;
 * for the rest it is whom the address was leased to, or who asked for the script of its MAC from there.
 */
export class Attribution {
  #names = new Map<string, string>();
  readonly #macs = new Map<string, string>();
  /** Progress is told by number alone. TFTP and HTTP count each for themselves. */
  readonly #transfers = new Map<string, string>();

  /** From the next fact on. */
  setMachines(machines: readonly NamedMachine[]): void {
    this.#names = new Map(machines.map(({ name, mac }) => [mac, name]));
  }

  nameOf(mac: string): string {
    return this.#names.get(mac) ?? mac;
  }

  /** Must see every fact, in order. */
  machineOf(fact: Fact<LiveFacts>): string | undefined {
    if ("machine" in fact && typeof fact.machine === "string") return fact.machine;
    if ("mac" in fact) return this.#byMac(fact);
    const transfer = "id" in fact ? `${fact.type.split(".", 1)[0]} ${fact.id}` : undefined;
    if ("from" in fact && "id" in fact && transfer !== undefined) {
      if (fact.type === "http.requested") this.#learnFromScript(fact.query, fact.from);
      remember(this.#transfers, transfer, fact.from, mostTransfers);
      if (!fact.type.endsWith(".requested")) this.#transfers.delete(transfer);
      return this.#byAddress(fact.from);
    }
    if (transfer !== undefined) return this.#byAddress(this.#transfers.get(transfer));
    return "from" in fact ? this.#byAddress(fact.from) : undefined;
  }

  #byMac(fact: Extract<Fact<LiveFacts>, { mac?: string }>): string | undefined {
    const { mac } = fact;
    if (mac === undefined || mac === "") return undefined;
    if (fact.type === "dhcp.sent" && fact.messageType === "DHCPACK" && fact.yiaddr !== "0.0.0.0") {
      remember(this.#macs, fact.yiaddr, mac, mostAddresses);
    }
    return this.nameOf(mac);
  }

  #byAddress(from: string | undefined): string | undefined {
    // DHCP's senders carry their port.
    const mac = from === undefined ? undefined : this.#macs.get(from.replace(/:\d+$/, ""));
    return mac === undefined ? undefined : this.nameOf(mac);
  }

  /** Behind somebody else's DHCP the script's address is all that says who is who. Only machines of the site count. */
  #learnFromScript(query: string | undefined, from: string): void {
    const mac = new URLSearchParams(query ?? "").get("mac")?.toLowerCase().replaceAll("-", ":");
    if (mac !== undefined && this.#names.has(mac) && !this.#macs.has(from)) {
      remember(this.#macs, from, mac, mostAddresses);
    }
  }
}

/** Sets it as the newest; the oldest makes room. */
function remember(map: Map<string, string>, key: string, value: string, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
