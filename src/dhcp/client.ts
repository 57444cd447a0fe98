import { formatMac } from "../wire/mac.ts";
import { decodeIpxe } from "./ipxe-options.ts";
import type { DhcpMessage } from "./message.ts";

/** Who is asking, in so far as a boot decision may depend on it. */
export type NetbootClient = Readonly<{
  /** `chaddr`, lower case with colons; not six bytes on every network, nor from every firmware. */
  mac: string;
  htype: number;
  /** In canonical text, as `dmidecode` and libvirt write it. */
  uuid?: string;
  /** All that it can be booted as, its favourite first (RFC 4578 §2.1); empty when it is no firmware. */
  architectures: readonly number[];
  vendorClass?: string;
  userClasses: readonly string[];
  hostName?: string;
  /** Option codes it asks for; undefined when it leaves the choice to us. */
  requested?: readonly number[];
  /** Present when it is an iPXE, ours or not. */
  ipxe?: Readonly<{ version?: string; features: ReadonlySet<number> }>;
}>;

/** A message is looked at for what is reported of it and for its answer. */
let last: Readonly<{ message: DhcpMessage; client: NetbootClient }> | undefined;

export function clientOf(message: DhcpMessage): NetbootClient {
  if (last?.message !== message) last = { message, client: readClient(message) };
  return last.client;
}

function readClient(message: DhcpMessage): NetbootClient {
  const { options } = message;
  const uuid = uuidIn(message);
  const userClasses = options.userClass ?? [];
  const ipxe = ipxeOf(options.ipxe, userClasses);
  return {
    mac: formatMac(message.chaddr),
    htype: message.htype,
    architectures: options.clientSystemArch ?? archInVendorClass(options.vendorClassIdentifier),
    userClasses,
    ...(uuid === undefined ? {} : { uuid }),
    ...(options.vendorClassIdentifier === undefined ? {} : { vendorClass: options.vendorClassIdentifier }),
    ...(options.hostName === undefined ? {} : { hostName: options.hostName }),
    ...(options.parameterRequestList === undefined ? {} : { requested: options.parameterRequestList }),
    ...(ipxe === undefined ? {} : { ipxe }),
  };
}

/** How it wants to be given a boot file; undefined when it is an operating system that only wants an address. */
export function bootProtocolOf(client: NetbootClient): "pxe" | "http" | undefined {
  if (client.ipxe) return "pxe"; // also one that a firmware's HTTP boot loaded
  if (client.vendorClass?.startsWith("HTTPClient")) return "http";
  if (pxeClassOf(client.vendorClass) !== undefined || client.architectures.length > 0) return "pxe";
  return undefined;
}

/** What firmware must find in option 60 to take a reply for its own, to the letter; never what it sent. */
export function replyClassOf(client: NetbootClient): string {
  return bootProtocolOf(client) === "http" ? "HTTPClient" : (pxeClassOf(client.vendorClass) ?? "PXEClient");
}

/** Huawei's servers say `HW-Client`, and want to hear it. */
export function pxeClassOf(vendorClass: string | undefined): string | undefined {
  return ["PXEClient", "HW-Client"].find((name) => vendorClass?.startsWith(name));
}

/** Option 97; else a `chaddr` of 16 bytes, where EDK2 puts its GUID when it is told to send that as its name. */
function uuidIn({ chaddr, options }: DhcpMessage): string | undefined {
  const { clientMachineIdentifier } = options;
  if (clientMachineIdentifier) return uuidOf(clientMachineIdentifier);
  return chaddr.length === 16 ? uuidOf(Uint8Array.of(0, ...chaddr)) : undefined;
}

/**
 * Type 0 and a GUID whose first three fields are little-endian, as in SMBIOS, where all zeros or all ones mean "none"
 * (QEMU's default). Undefined for anything else as well: some ROMs send nonsense, and boot all the same.
 */
export function uuidOf(identifier: Uint8Array): string | undefined {
  if (identifier.length !== 17 || identifier[0] !== 0) return undefined;
  const guid = identifier.subarray(1);
  if (guid.every((byte) => byte === 0) || guid.every((byte) => byte === 0xff)) return undefined;
  const order = [4, 3, 2, 1, 6, 5, 8, 7, 9, 10, 11, 12, 13, 14, 15, 16];
  const hex = order.map((at) => (identifier[at] ?? 0).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** How firmware that names itself by its UUID fills `chaddr`, in the spelling of `mac`. */
export function chaddrOfUuid(uuid: string): string {
  const pairs = uuid.toLowerCase().replaceAll("-", "").match(/../g) ?? [];
  return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((at) => pairs[at]).join(":");
}

function ipxeOf(option175: Uint8Array | undefined, userClasses: readonly string[]): NetbootClient["ipxe"] {
  const decoded = option175 && decodeIpxe(option175);
  if (decoded) {
    const { features, version } = decoded;
    return version === undefined ? { features } : { features, version };
  }
  // A script may have changed its user class; option 175 is the better sign and this the fallback.
  return userClasses.some((name) => name === "iPXE" || name === "gPXE") ? { features: new Set() } : undefined;
}

/** `PXEClient:Arch:00007:UNDI:003016`, five decimal digits, from firmware that forgets option 93. */
function archInVendorClass(vendorClass: string | undefined): readonly number[] {
  const [, digits] = /^(?:PXE|HTTP)Client:Arch:(\d{5})/.exec(vendorClass ?? "") ?? [];
  return digits === undefined ? [] : [Number(digits)];
}
