import { encodeIpxe } from "../dhcp/ipxe-options.ts";
import type { DhcpMessage } from "../dhcp/message.ts";
import { anyAddress, broadcastFlag } from "../dhcp/message.ts";
import type { DhcpOptions } from "../dhcp/options.ts";
import { concat } from "../wire/codec.ts";
import { macBytes } from "../wire/mac.ts";
import type { FirmwareFacts } from "./conditions.ts";

/** What one kind of client says of itself in every DHCP request. */
export type ClientPreset = Readonly<{
  says: string;
  /** Where its options are from: a stand-in is called one. */
  basis: string;
  architecture?: number;
  /** `PXEClient` or `HTTPClient` is completed with architecture and UNDI version; anything else stands as it is. */
  vendorClass: string;
  undi?: Readonly<{ version: string; option94: readonly number[] }>;
  userClasses?: readonly string[];
  broadcast?: boolean;
  namesItself?: boolean;
  requested: readonly number[];
  longestMessage: number;
  ipxe?: Readonly<{ version: string; features: readonly number[] }>;
}>;

const asksOvmf = [
  ...[1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97],
  ...[128, 129, 130, 131, 132, 133, 134, 135],
];
const asksIpxe = [
  ...[1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203],
];
const captured = "its options as captured under QEMU 7.2";

/** The clients one meets, each as it speaks. */
export const clientPresets = {
  "bios-pxe": {
    says: "a BIOS machine's PXE ROM",
    basis: "a stand-in, written after the PXE 2.1 specification and captured from no ROM",
    architecture: 0,
    vendorClass: "PXEClient",
    undi: { version: "002001", option94: [1, 2, 1] },
    broadcast: true,
    requested: [
      1, 2, 3, 5, 6, 11, 12, 13, 15, 16, 17, 18, 43, 54, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135,
    ],
    longestMessage: 1260,
  },
  "ipxe-bios": {
    says: "the iPXE in QEMU's option ROM, on BIOS",
    basis: `${captured}: iPXE 1.0.0 of Debian 12`,
    architecture: 0,
    vendorClass: "PXEClient",
    undi: { version: "002001", option94: [1, 2, 1] },
    userClasses: ["iPXE"],
    namesItself: true,
    requested: asksIpxe,
    longestMessage: 1472,
    ipxe: { version: "1.0.0", features: [23, 34, 19, 17, 39, 25, 41, 16, 33, 21, 24, 18] },
  },
  "ipxe-efi": {
    says: "an iPXE on UEFI",
    basis: `${captured}: snponly.efi 1.0.0 of Debian 12`,
    architecture: 7,
    vendorClass: "PXEClient",
    undi: { version: "003010", option94: [1, 3, 10] },
    userClasses: ["iPXE"],
    namesItself: true,
    requested: asksIpxe,
    longestMessage: 1472,
    ipxe: { version: "1.0.0", features: [23, 36, 19, 17, 39, 41, 21, 18] },
  },
  "ovmf-pxe": {
    says: "UEFI firmware's own PXE client (EDK2)",
    basis: `${captured}: OVMF of Debian 12`,
    architecture: 7,
    vendorClass: "PXEClient",
    undi: { version: "003000", option94: [1, 3, 0] },
    broadcast: true,
    requested: asksOvmf,
    longestMessage: 1472,
  },
  "ovmf-http": {
    says: "UEFI firmware's own HTTP boot client (EDK2)",
    basis: `${captured}: OVMF of Debian 12`,
    architecture: 16,
    vendorClass: "HTTPClient",
    undi: { version: "003000", option94: [1, 3, 0] },
    broadcast: true,
    requested: [
      ...[
        1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 235, 67, 97,
      ],
    ],
    longestMessage: 1472,
  },
  linux: {
    says: "a Linux initramfs that wants an address",
    basis: `${captured}: BusyBox's udhcpc 1.35.0`,
    vendorClass: "udhcp 1.35.0",
    namesItself: true,
    requested: [1, 3, 6, 12, 15, 28, 42],
    longestMessage: 576,
  },
} as const satisfies Record<string, ClientPreset>;

export type ClientName = keyof typeof clientPresets;
export const clientNames = Object.keys(clientPresets) as ClientName[];

/** A client to explain: a preset, and what is known better. */
export type AskingClient = Readonly<{
  preset: ClientPreset;
  mac: string;
  architectures?: readonly number[];
  vendorClass?: string;
  userClasses?: readonly string[];
  uuid?: string;
  ipxeFeatures?: readonly number[];
  hostName?: string;
  /** What its firmware says of itself; the rest it does not say. */
  facts?: FirmwareFacts;
  /** Where it asks for its script from, when that is not the address it is given here. */
  address?: string;
}>;

/** The first message of such a client. */
export function discoverOf(client: AskingClient): DhcpMessage {
  const { preset, mac } = client;
  return {
    op: "BOOTREQUEST",
    htype: 1, // Ethernet
    hops: 0,
    xid: 0x64727962, // "dryb": whoever meets it in a capture knows where it is from
    secs: 0,
    flags: preset.broadcast ? broadcastFlag : 0,
    ...{ ciaddr: anyAddress, yiaddr: anyAddress, siaddr: anyAddress, giaddr: anyAddress },
    chaddr: macBytes(mac),
    sname: "",
    file: "",
    options: { messageType: "DHCPDISCOVER", ...optionsOf(client) },
  };
}

/** What it sends to the server whose offer it took (RFC 2131 §4.3.2, SELECTING). */
export function requestAfter(discover: DhcpMessage, offer: DhcpMessage): DhcpMessage {
  const { serverIdentifier } = offer.options;
  return {
    ...discover,
    options: {
      ...discover.options,
      messageType: "DHCPREQUEST",
      requestedIpAddress: offer.yiaddr,
      ...(serverIdentifier === undefined ? {} : { serverIdentifier }),
    },
  };
}

function optionsOf({ preset, mac, uuid, ...told }: AskingClient): DhcpOptions {
  const architectures =
    told.architectures ?? (preset.architecture === undefined ? [] : [preset.architecture]);
  const userClasses = told.userClasses ?? preset.userClasses ?? [];
  const features = told.ipxeFeatures ?? preset.ipxe?.features;
  return {
    maximumDhcpMessageSize: preset.longestMessage,
    parameterRequestList: preset.requested,
    vendorClassIdentifier: told.vendorClass ?? vendorClassOf(preset, architectures),
    ...(architectures.length === 0 ? {} : { clientSystemArch: architectures }),
    ...(preset.undi === undefined
      ? {}
      : { clientNetworkInterfaceIdentifier: Uint8Array.from(preset.undi.option94) }),
    ...(userClasses.length === 0 ? {} : { userClass: userClasses }),
    ...(features === undefined ? {} : { ipxe: ipxeOption(preset.ipxe?.version ?? "1.0.0", features) }),
    ...(preset.namesItself ? { clientIdentifier: Uint8Array.of(1, ...macBytes(mac)) } : {}),
    ...(told.hostName === undefined ? {} : { hostName: told.hostName }),
    ...(uuid === undefined ? {} : { clientMachineIdentifier: machineIdentifier(uuid) }),
  };
}

/** `PXEClient:Arch:00007:UNDI:003000`: five decimal digits, the first architecture (PXE 2.1, table 2-1). */
function vendorClassOf({ vendorClass, undi }: ClientPreset, [architecture = 0]: readonly number[]): string {
  if (undi === undefined) return vendorClass;
  return `${vendorClass}:Arch:${String(architecture).padStart(5, "0")}:UNDI:${undi.version}`;
}

function ipxeOption(version: string, features: readonly number[]): Uint8Array {
  const own = encodeIpxe({ version: Uint8Array.from(version.split("."), Number) });
  return concat([own, ...features.map((code) => Uint8Array.of(code, 1, 1))]);
}

/** Type 0, and the first three fields little-endian, as in SMBIOS (RFC 4578 §2.3 and what firmware made of it). */
function machineIdentifier(uuid: string): Uint8Array {
  const bytes = Uint8Array.from(uuid.replaceAll("-", "").match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  );
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.of(0, ...order.map((at) => bytes[at] ?? 0));
}
