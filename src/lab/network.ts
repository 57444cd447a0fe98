import { readFile, writeFile } from "node:fs/promises";
import { run } from "../core/child.ts";
import type { LanHost } from "./lan-host.ts";
import { hostInterface } from "./lan-host.ts";

/** Where sockets and scratch files of a lab live: private to its mount namespace (see namespace-init.ts). */
export const scratchFolder = "/dev/shm";

const bridge = "lab0";

/**
 * The lab's segment: one bridge that carries the servers' address, one tap per machine, and a
 * cable to every other host.
 * It lives in the lab's network namespace, so there is no way out of it, and nothing of it outlives the namespace.
 */
export class Network implements AsyncDisposable {
  readonly interface = bridge;
  readonly #taps = new Set<string>();
  #cables = 0;

  private constructor() {}

  /** `address` with its prefix length: `10.69.0.1/24`. */
  static async open(address: string): Promise<Network> {
    // Spanning tree would hold back the first DISCOVERs for up to 30 s; snooping would drop Router Solicitations.
    await ip([`link add name ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`]);
    // Duplicate address detection would keep the link-local address, and with it our Router Advertisements, for a second.
    await sysctl(`net/ipv6/conf/${bridge}/accept_dad`, "0");
    await sysctl(`net/ipv6/conf/${bridge}/accept_ra`, "0");
    await ip([`addr add ${address} dev ${bridge}`, `link set ${bridge} up`]);
    return new Network();
  }

  /** A tap on the bridge for one machine; QEMU opens it by name. */
  async addTap(): Promise<string> {
    const tap = `tap${this.#taps.size}`;
    this.#taps.add(tap);
    await ip([`tuntap add dev ${tap} mode tap`]);
    // The tap is the cable's end, not a host: no addresses, no chatter of its own.
    await sysctl(`net/ipv6/conf/${tap}/disable_ipv6`, "1");
    await ip([`link set ${tap} master ${bridge}`, `link set ${tap} up`]);
    return tap;
  }

  /** A cable from the bridge to a host, to be taken away before the host is. `address` is with its prefix length. */
  async plugIn(host: LanHost, card: { mac?: string; address?: string } = {}): Promise<AsyncDisposable> {
    const port = `port${this.#cables}`;
    this.#cables += 1;
    const mac = card.mac === undefined ? "" : ` address ${card.mac}`;
    await ip([`link add ${port} type veth peer name ${hostInterface} netns ${host.pid}${mac}`]);
    await sysctl(`net/ipv6/conf/${port}/disable_ipv6`, "1");
    await ip([`link set ${port} master ${bridge}`, `link set ${port} up`]);
    if (card.address !== undefined) {
      await host.run("ip", ["addr", "add", card.address, "dev", hostInterface]);
    }
    await host.run("ip", ["link", "set", hostInterface, "up"]);
    // The kernel would take it away with the host, but some time later: the next lab may want the name at once.
    return { [Symbol.asyncDispose]: () => ip([`link del ${port}`]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Not /sys/class/net: that mount still shows the interfaces of the namespace we came from.
    const present = (await readFile("/proc/net/dev", "utf8"))
      .split("\n")
      .map((line) => line.split(":", 1)[0]?.trim());
    const ours = [...this.#taps, bridge].filter((name) => present.includes(name));
    await ip(ours.map((name) => `link del ${name}`));
    this.#taps.clear();
  }
}

async function ip(lines: readonly string[]): Promise<void> {
  await run("ip", ["-batch", "-"], {
    input: `${lines.join("\n")}\n`,
    hint: "run `./dryboot doctor`: it tries namespaces, bridge and tap one by one and says what forbids them",
  });
}

async function sysctl(path: string, value: string): Promise<void> {
  await writeFile(`/proc/sys/${path}`, value).catch((error: NodeJS.ErrnoException) => {
    // A kernel without IPv6 has none of its settings, and needs none of them changed.
    if (error.code !== "ENOENT") throw error;
  });
}
