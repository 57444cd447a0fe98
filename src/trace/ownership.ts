import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { TracedMachine } from "./phase.ts";

/**
 * Which facts are about one machine. The lab's name it, DHCP's carry its MAC, and those of the file servers only an
 * address: the one DHCP leased to it, or the one that asked for the script of its MAC (behind somebody else's DHCP).
 */
export class Ownership {
  readonly #machine: TracedMachine;
  readonly #addresses = new Set<string>();
  /** Progress is told by number alone. TFTP and HTTP count each for themselves. */
  readonly #transfers = new Set<string>();

  constructor(machine: TracedMachine) {
    this.#machine = machine;
  }

  /** Must see every fact of the timeline, in order. */
  owns(fact: Fact<BootFacts>): boolean {
    switch (fact.type) {
      case "vm.started":
      case "vm.powered-on":
      case "vm.event":
      case "vm.exited":
      case "vm.ready":
      case "console.output":
      case "screen.saved":
      case "screen.changed":
      case "screen.resized":
      case "screen.compared":
      case "sentinel.seen":
      case "machine.assigned":
      case "machine.unsaved":
      case "state.pushed":
      case "state.refused":
      case "state.handed-out":
      case "deploy.promoted":
      case "deploy.rolled-back":
        return fact.machine === this.#machine.name;
      case "autoexec.answered":
        return fact.mac === this.#machine.mac || this.#addresses.has(plain(fact.from));
      case "machine.ready":
        return fact.machine === this.#machine.name || this.#addresses.has(plain(fact.address));
      case "dhcp.received":
      case "dhcp.silent":
      case "boot.looping":
      case "boot.turned":
      case "api.answered":
      case "api.failed":
        return fact.mac === this.#machine.mac;
      case "dhcp.sent":
      case "foreign-dhcp.sent":
        return this.#lease(fact);
      case "ndp.solicited":
        return fact.mac === this.#machine.mac;
      case "http.requested":
        if (fact.query && macIn(fact.query) === this.#machine.mac) this.#addresses.add(plain(fact.from));
        return this.#request(`http ${fact.id}`, fact.from);
      case "tftp.requested":
        return this.#request(`tftp ${fact.id}`, fact.from);
      case "dns.answered":
      case "syslog.received":
        return this.#addresses.has(plain(fact.from));
      case "http.progress":
        return this.#transfers.has(`http ${fact.id}`);
      case "tftp.progress":
        return this.#transfers.has(`tftp ${fact.id}`);
      case "http.sent":
      case "http.failed":
        return this.#transfers.delete(`http ${fact.id}`);
      case "tftp.sent":
      case "tftp.probed":
      case "tftp.absent":
      case "tftp.failed":
        return this.#transfers.delete(`tftp ${fact.id}`);
      case "mirror.fetched":
      case "mirror.stale":
      case "mirror.failed":
      case "lab.opened":
      case "trace.cut":
      case "foreign-dhcp.started":
      case "step.started":
      case "step.passed":
      case "step.failed":
      case "ndp.advertised":
      case "ndp.silent":
      case "dhcp.malformed":
      case "dhcp.leases-loaded":
      case "dhcp.leases-damaged":
      case "dhcp.leases-failed":
      case "dhcp.lease-taken":
      case "dhcp.conflict":
      case "dhcp.probe-failed":
      case "dhcp.dialects-failed":
      case "tftp.refused":
      case "http.refused":
      case "dns.silent":
      case "dns.malformed":
      case "dns.forwarder-failed":
      case "syslog.dropped":
        return false; // of the lab, of all machines, or of nobody known
    }
  }

  #lease({
    mac,
    yiaddr,
    messageType,
  }: Extract<Fact<BootFacts>, { type: "dhcp.sent" | "foreign-dhcp.sent" }>): boolean {
    const ours = mac === this.#machine.mac;
    if (messageType !== "DHCPACK" || yiaddr === "0.0.0.0") return ours; // proxyDHCP leases nothing
    if (ours) this.#addresses.add(yiaddr);
    else this.#addresses.delete(yiaddr); // it belongs to somebody else from now on
    return ours;
  }

  #request(transfer: string, from: string): boolean {
    if (!this.#addresses.has(plain(from))) return false;
    this.#transfers.add(transfer);
    return true;
  }
}

/** A socket that serves both families writes IPv4 addresses as IPv6 ones (RFC 4291 §2.5.5.2). */
const plain = (address: string): string => address.replace(/^::ffff:/i, "");

/** The MAC in a script's address, however it is separated there. */
function macIn(query: string): string | undefined {
  return new URLSearchParams(query).get("mac")?.toLowerCase().replaceAll("-", ":");
}
