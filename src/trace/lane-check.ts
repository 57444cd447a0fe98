import type { Lane } from "../lab/lanes.ts";
import type { WhatRan } from "./what-ran.ts";
import { describeClient } from "./what-ran.ts";

/** How a boot that came up differs from what its lane promises: it has proven something else then. */
export function laneProblem(
  { first, over, loads }: Lane,
  { clients, transports, loaders }: WhatRan,
): string | undefined {
  const [client] = clients;
  if (!client) return "nobody asked to be booted";
  if (client.architecture !== first.architecture || client.isIpxe !== first.isIpxe)
    return `first asked ${describeClient(client)}`;
  if (over === "http" && transports.includes("tftp")) return "something was fetched over TFTP";
  if (over === "tftp" && transports[0] !== "tftp") return "its first file did not come over TFTP";
  if (loads && loads.join(" ") !== loaders.filter(isProgram).join(" "))
    return `it loaded ${loaders.join(", ") || "nothing"} instead of ${loads.join(" and ")}`;
  return undefined;
}

/** A loader's modules come or do not, as it finds them. */
const isProgram = (file: string) => !file.endsWith(".mod");
