import type { Lane } from "../lab/lanes.ts";
import type { WhatRan } from "./what-ran.ts";
import { describeClient } from "./what-ran.ts";

/** How a boot that came up differs from what its lane promises: it has proven something else then. */
export function laneProblem({ first, over }: Lane, { clients, transports }: WhatRan): string | undefined {
  const [client] = clients;
  if (!client) return "nobody asked to be booted";
  if (client.architecture !== first.architecture || client.isIpxe !== first.isIpxe)
    return `first asked ${describeClient(client)}`;
  if (over === "http" && transports.includes("tftp")) return "something was fetched over TFTP";
  if (over === "tftp" && transports[0] !== "tftp") return "its first file did not come over TFTP";
  return undefined;
}
