import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Timeline } from "../core/timeline.ts";
import type { Netboot, NetbootConfig } from "../netboot.ts";
import { startNetboot } from "../netboot.ts";
import type { WantedDisk } from "./disks.ts";
import { makeDisk } from "./disks.ts";
import type { BootFacts } from "./facts.ts";
import { startForeignDhcp } from "./foreign-dhcp.ts";
import type { ForeignNetwork } from "./foreign-dhcp-command.ts";
import { foreignAddress } from "./foreign-dhcp-command.ts";
import { LanHost } from "./lan-host.ts";
import type { LaneHosts } from "./lane-host.ts";
import type { LaneName, Nic } from "./lanes.ts";
import { lanes } from "./lanes.ts";
import { Machine } from "./machine.ts";
import { Network, scratchFolder } from "./network.ts";
import type { DirectKernel, MachineSpec, Smbios } from "./qemu-command.ts";
import { rerunScript } from "./qemu-command.ts";
import { RunFolder } from "./run-folder.ts";

export interface LabConfig {
  site: string;
  /** The servers' address with the length of the segment's prefix: `10.69.0.1/24`. */
  address: string;
  /** What this host runs each lane with that it can run, or that is wanted. */
  lanes: LaneHosts;
  /** Where the run is recorded. */
  folder: string;
  /** The first line of the record. */
  about: Readonly<Record<string, unknown>>;
}

export interface LabDeps {
  timeline: Timeline<BootFacts>;
  signal: AbortSignal;
  /** The phase a machine is in, for errors. */
  phase(machine: string): string;
  /** Where its boot stands and why; see `WaitContext`. */
  stands?(machine: string): { says: string; why: string } | undefined;
}

export interface MachineOptions {
  name: string;
  mac: string;
  lane: LaneName;
  memoryBytes?: number;
  nic?: Nic;
  uuid?: string;
  smbios?: Smbios;
  direct?: DirectKernel;
  disks?: readonly WantedDisk[];
}

/** A segment with our servers on it and machines plugged in; made inside fresh namespaces (namespace.ts), gone with them. */
export class Lab implements AsyncDisposable {
  readonly timeline: Timeline<BootFacts>;
  readonly folder: RunFolder;
  readonly #config: LabConfig;
  readonly #deps: LabDeps;
  readonly #network: Network;
  readonly #resources: AsyncDisposableStack;

  private constructor(
    config: LabConfig,
    deps: LabDeps,
    parts: { folder: RunFolder; network: Network; resources: AsyncDisposableStack },
  ) {
    this.#config = config;
    this.#deps = deps;
    this.timeline = deps.timeline;
    this.folder = parts.folder;
    this.#network = parts.network;
    this.#resources = parts.resources;
  }

  static async open(config: LabConfig, deps: LabDeps): Promise<Lab> {
    await using opening = new AsyncDisposableStack();
    const folder = opening.use(await RunFolder.open(config.folder, deps.timeline, config.about));
    deps.timeline.record("lab.opened", { site: config.site, folder: config.folder });
    const network = opening.use(await Network.open(config.address));
    return new Lab(config, deps, { folder, network, resources: opening.move() });
  }

  /** Starts the whole stack on the segment; a proxy beside a stand-in for the server that lends the addresses. */
  async netboot(config: Omit<NetbootConfig, "interface">): Promise<Netboot> {
    const { timeline, signal } = this.#deps;
    if (config.dhcp.mode === "proxy") await this.#foreignDhcp(config.dhcp);
    const netboot = await startNetboot(
      // Nobody outside can be asked from in here.
      {
        ...config,
        dns: config.dns && { ...config.dns, forwarders: [] },
        // A kernel without IPv6 cannot advertise anything; then an iPXE that has it waits.
        ...(existsSync("/proc/sys/net/ipv6") ? { interface: this.#network.interface } : {}),
      },
      { timeline, signal },
    );
    return this.#resources.use(netboot);
  }

  /** Plugs in a host that is no virtual machine, for programs of this machine. */
  async host(card?: { mac?: string; address?: string }): Promise<LanHost> {
    const host = this.#resources.use(await LanHost.open());
    this.#resources.use(await this.#network.plugIn(host, card));
    return host;
  }

  async #foreignDhcp(network: ForeignNetwork): Promise<void> {
    const address = foreignAddress(network);
    const host = await this.host({ address: `${address}/${network.subnet.prefixLength}` });
    this.#resources.use(await startForeignDhcp({ host, address, network }, this.#deps));
  }

  /** Plugs in a machine, switched off. */
  async machine({ lane: laneName, disks = [], ...options }: MachineOptions): Promise<Machine> {
    const lane = lanes[laneName];
    const host = this.#config.lanes[laneName];
    if (host === undefined) throw new Error(`nothing was prepared for the lane ${laneName}`);
    const spec: MachineSpec = {
      uuid: uuidOf(options.mac),
      memoryBytes: 512 * 2 ** 20,
      nic: "virtio-net-pci",
      ...options,
      lane,
      host,
      disks: await Promise.all(
        disks.map((disk, index) => makeDisk(disk, this.folder.file(`${options.name}.disk${index}`))),
      ),
      tap: await this.#network.addTap(),
      qmpSocket: `${scratchFolder}/${options.name}.qmp`,
      capture: this.folder.file(`${options.name}.pcap`),
    };
    await writeFile(this.folder.file(`${options.name}.qemu.sh`), rerunScript(spec), { mode: 0o755 });
    const machine = await Machine.start(spec, {
      ...this.#deps,
      laneName,
      picture: (number) => this.folder.file(`${options.name}.screen-${String(number).padStart(3, "0")}.png`),
    });
    return this.#resources.use(machine);
  }

  /** One sentence of a scenario: recorded, timed, and named by the error when it fails. */
  async step<T>(step: string, work: () => Promise<T>): Promise<T> {
    const begin = this.timeline.now();
    this.timeline.record("step.started", { step });
    try {
      const value = await work();
      this.timeline.record("step.passed", { step, tookMs: this.timeline.now() - begin });
      return value;
    } catch (error) {
      this.timeline.record("step.failed", {
        step,
        error: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  }

  /** Saves a machine's screen in the run's folder; a machine too dead for it is no second failure. */
  async screenshot(machine: Machine): Promise<string | undefined> {
    const file = this.folder.file(`${machine.name}.screen.png`);
    try {
      await machine.screenshot(file);
      return basename(file);
    } catch {
      return undefined;
    }
  }

  /** Machines first, then servers, then the segment, then the record. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#resources.disposeAsync();
  }
}

/** The same machine has the same UUID in every run: a name-based one (RFC 9562 §5.8) of its MAC address. */
function uuidOf(mac: string): string {
  const hash = createHash("sha256").update(`dryboot machine ${mac}`).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex").slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
