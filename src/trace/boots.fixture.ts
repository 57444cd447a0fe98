import type { Fact } from "../core/timeline.ts";
import { Timeline } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { FileRole, TracedMachine } from "./phase.ts";

/** Timelines as the lab records them, told in a few words. */

export type BootFact = Fact<BootFacts>;

export const shoe: TracedMachine = { name: "shoe", mac: "52:54:00:69:00:0a" };
export const address = "10.69.0.10";

export const roleOf = (path: string): FileRole | undefined => {
  if (path === "/boot.ipxe") return "script";
  if (path === "snponly.efi") return "loader";
  if (path.endsWith("/vmlinuz")) return "kernel";
  return path.endsWith("/initrd.gz") ? "initrd" : undefined;
};

type Client = Partial<BootFacts["dhcp.received"]>;

export const pxeClient: Client = { vendorClassIdentifier: "PXEClient:Arch:00007:UNDI:003001" };
export const ipxeClient: Client = { ...pxeClient, userClass: ["iPXE"], ipxeFeatures: [19, 33] };
export const guestClient: Client = { vendorClassIdentifier: "udhcp 1.35.0" };

/** Writes a timeline: each method says what happens and, first, at which millisecond. */
export class Story {
  #now = 0;
  #id = 0;
  readonly #timeline = new Timeline<BootFacts>(() => this.#now);
  readonly #machine: TracedMachine;
  readonly #address: string;

  constructor(machine = shoe, from = address) {
    this.#machine = machine;
    this.#address = from;
  }

  facts(): BootFact[] {
    return [...this.#timeline.facts()];
  }

  at<T extends keyof BootFacts>(ms: number, type: T, details: BootFacts[T]): this {
    this.#now = ms;
    this.#timeline.record(type, details);
    return this;
  }

  powerOn(ms: number): this {
    const { name: machine } = this.#machine;
    this.at(ms, "vm.started", { machine, pid: 4711, command: ["qemu-system-x86_64"] });
    return this.at(ms, "vm.powered-on", { machine, lane: "bios-pxe" });
  }

  says(ms: number, text: string): this {
    return this.at(ms, "console.output", { machine: this.#machine.name, text });
  }

  asks(ms: number, messageType: "DHCPDISCOVER" | "DHCPREQUEST", client: Client, xid = "00000001"): this {
    return this.at(ms, "dhcp.received", {
      mac: this.#machine.mac,
      xid,
      messageType,
      from: "0.0.0.0",
      ...client,
    });
  }

  answers(ms: number, messageType: "DHCPOFFER" | "DHCPACK", xid = "00000001"): this {
    const { mac } = this.#machine;
    const to = "255.255.255.255";
    return this.at(ms, "dhcp.sent", { mac, xid, messageType, yiaddr: this.#address, to, reason: "reserved" });
  }

  /** The whole exchange, from DISCOVER to ACK. */
  leases(fromMs: number, toMs: number, client: Client, xid: string): this {
    return this.asks(fromMs, "DHCPDISCOVER", client, xid)
      .answers(fromMs + 1, "DHCPOFFER", xid)
      .asks(toMs - 1, "DHCPREQUEST", client, xid)
      .answers(toMs, "DHCPACK", xid);
  }

  /** A download that begins; returns its number. */
  gets(ms: number, url: string): number {
    const id = this.#nextId();
    const [path = "", query] = url.split("?");
    const from = this.#address;
    const asked = query === undefined ? {} : { query };
    this.at(ms, "http.requested", { id, from, method: "GET", path, ...asked });
    return id;
  }

  /** A whole download over HTTP. */
  downloads(fromMs: number, toMs: number, url: string, sizeBytes: number, status = 200): this {
    const id = this.gets(fromMs, url);
    const [path = ""] = url.split("?");
    const durationMs = toMs - fromMs;
    const from = this.#address;
    return this.at(toMs, "http.sent", { id, from, method: "GET", path, status, sizeBytes, durationMs });
  }

  /** What OVMF does: asks for the size and breaks off, then asks for the file. */
  loadsOverTftp(fromMs: number, toMs: number, file: string, sizeBytes: number): this {
    const from = this.#address;
    const probe = this.#nextId();
    const id = this.#nextId();
    const durationMs = toMs - fromMs;
    return this.at(fromMs, "tftp.requested", { id: probe, from, port: 1024, file, options: { tsize: "0" } })
      .at(fromMs + 1, "tftp.probed", { id: probe, from, file, sizeBytes })
      .at(fromMs + 2, "tftp.requested", { id, from, port: 1025, file, options: { blksize: "1468" } })
      .at(fromMs + 3, "tftp.progress", { id, file, sentBytes: 1468, sizeBytes })
      .at(toMs, "tftp.sent", {
        ...{ id, from, file, sizeBytes, durationMs },
        ...{ blksize: 1468, windowsize: 4, resent: 2, acknowledged: true },
      });
  }

  #nextId(): number {
    this.#id += 1;
    return this.#id;
  }

  /** From the kernel's banner to the login, as the rescue image does it. */
  bootsRescue(ms: number): this {
    const { name: machine } = this.#machine;
    return this.says(ms, "\x1b[2J[    0.000000] Linux ver")
      .says(ms, "sion 6.1.0-38-cloud-amd64\r\n")
      .says(ms + 1400, "[    1.390000] Run /init as init process\r\ndryboot-rescue: init\r\n")
      .leases(ms + 1500, ms + 1520, guestClient, "0000000c")
      .downloads(ms + 1900, ms + 1902, "/ready", 3)
      .at(ms + 1903, "machine.ready", { machine, address: this.#address })
      .says(ms + 2000, "\r\nshoe login: ");
  }
}

/** The ROM of the network card is an iPXE: the first DHCP answer already names the script. */
export const biosPxe = (): Story =>
  new Story()
    .powerOn(100)
    .says(320, "SeaBIOS (version 1.16.2)\r\n")
    .says(900, "iPXE 1.0.0+ -- Open Source Network Boot Firmware\r\n")
    .at(1000, "ndp.solicited", { from: "fe80::5054:ff:fe69:a", mac: shoe.mac })
    .leases(1001, 3000, ipxeClient, "0000000a")
    .downloads(3100, 3110, "/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a", 900)
    .downloads(3200, 3600, "/images/rescue/vmlinuz", 8_000_000)
    .downloads(3610, 3700, "/images/rescue/initrd.gz", 2_000_000)
    .bootsRescue(4500);

/** OVMF's own client: DHCP, TFTP of iPXE, and from there as above. */
export const uefiPxe = (): Story =>
  new Story()
    .powerOn(100)
    .leases(4000, 7800, pxeClient, "0000000a")
    .loadsOverTftp(7900, 8000, "snponly.efi", 146_800)
    .leases(8600, 8650, ipxeClient, "0000000b")
    .downloads(8700, 8710, "/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a", 900)
    .downloads(8720, 9200, "/images/rescue/vmlinuz", 8_000_000)
    .downloads(9210, 9300, "/images/rescue/initrd.gz", 2_000_000)
    .bootsRescue(10_000);
