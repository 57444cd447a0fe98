import { printable } from "../core/printable.ts";
import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import { Ownership } from "./ownership.ts";
import type { RoleOf, TracedMachine } from "./phase.ts";

/** One DHCP client that asked for a machine: the code that really ran, whatever the lane was meant to run. */
export interface AskingClient {
  architecture?: number;
  vendorClass?: string;
  isIpxe: boolean;
  ipxeVersion?: string;
}

/** Who asked and what was fetched, read from the facts alone. */
export interface WhatRan {
  /** In the order they first asked; an operating system that only wants an address is not among them. */
  clients: readonly AskingClient[];
  /** Files that a firmware or an iPXE was given as its loader, whole. */
  loaders: readonly string[];
  /** Over what boot files were asked for, in the order of first use. */
  transports: readonly ("tftp" | "http")[];
  /** Whether a script was fetched. */
  script: boolean;
}

export function whatRan(facts: Iterable<Fact<BootFacts>>, machine: TracedMachine, roleOf: RoleOf): WhatRan {
  const ownership = new Ownership(machine);
  const clients = new Map<string, AskingClient>();
  const loaders = new Set<string>();
  const transports = new Set<"tftp" | "http">();
  let script = false;
  for (const fact of facts) {
    // Whether it is ours must be asked before a transfer that ends is forgotten.
    if (!ownership.owns(fact)) continue;
    if (fact.type === "dhcp.received") {
      const client = askingClient(fact);
      if (client) clients.set(JSON.stringify(client), client);
    }
    const transport = requests.get(fact.type);
    if (transport) transports.add(transport);
    const path = fetched(fact);
    const role = path === undefined ? undefined : roleOf(path);
    if (path !== undefined && role === "loader") loaders.add(path);
    script ||= role === "script";
  }
  return { clients: [...clients.values()], loaders: [...loaders], transports: [...transports], script };
}

const requests: ReadonlyMap<string, "tftp" | "http"> = new Map([
  ["tftp.requested", "tftp"],
  ["http.requested", "http"],
]);

/** The name of a file that was sent whole. */
function fetched(fact: Fact<BootFacts>): string | undefined {
  if (fact.type === "tftp.sent") return fact.file;
  return fact.type === "http.sent" && fact.status === 200 ? fact.path : undefined;
}

/** Undefined for an operating system that only wants an address. */
export function askingClient(
  fact: Extract<Fact<BootFacts>, { type: "dhcp.received" }>,
): AskingClient | undefined {
  const { clientSystemArch, vendorClassIdentifier, userClass = [], ipxeFeatures, ipxeVersion } = fact;
  const isIpxe = ipxeFeatures !== undefined || userClass.includes("iPXE");
  const asksForBoot = isIpxe || /^(?:PXE|HTTP)Client/.test(vendorClassIdentifier ?? "");
  if (!asksForBoot) return undefined;
  const [architecture] = clientSystemArch ?? [];
  return {
    ...(architecture === undefined ? {} : { architecture }),
    ...(vendorClassIdentifier === undefined ? {} : { vendorClass: vendorClassIdentifier }),
    isIpxe,
    ...(ipxeVersion === undefined ? {} : { ipxeVersion }),
  };
}

/** `iPXE 1.0.0, architecture 0` or `PXEClient:Arch:00007:UNDI:003016, architecture 7`. */
export function describeClient({ architecture, vendorClass, isIpxe, ipxeVersion }: AskingClient): string {
  const name = isIpxe
    ? `iPXE${ipxeVersion ? ` ${ipxeVersion}` : ""}`
    : (vendorClass ?? "a client without a vendor class");
  return printable(`${name}, architecture ${architecture ?? "not said"}`);
}
