/** Our DHCP server as a process of its own, as `dryboot serve` runs it; started by `bench/dhcp-inside.ts`. */
import { once } from "node:events";
import { Timeline } from "../src/core/timeline.ts";
import type { DhcpFacts } from "../src/dhcp/facts.ts";
import { startDhcp } from "../src/dhcp/server.ts";
import { parseSubnet } from "../src/wire/ipv4.ts";

const [address = "", network = "", first = "", last = "", leases] = process.argv.slice(2);
const subnet = parseSubnet(network);
if (!subnet) throw new Error(`${network} is not a network`);

const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
const timeline = new Timeline<DhcpFacts>(undefined, { keep: 10_000 });
const boot = () => ({ file: "snponly.efi", nextServer: address });
await using _server = await startDhcp(
  {
    address,
    listen: [],
    packetsPerSecond: Infinity, // the load is the point
    ...(leases === undefined ? {} : { leases }),
    policy: {
      ...{ mode: "server", server: address, subnet, range: [first, last], leaseTimeMs: 3_600_000 },
      ...{ reservations: [], boot },
    },
  },
  { timeline, signal: stopping.signal },
);
const [loaded] = timeline.facts("dhcp.leases-loaded");
globalThis.gc?.();
const { heapUsed, external } = process.memoryUsage();
process.stdout.write(`ready: ${JSON.stringify({ ...loaded, heapBytes: heapUsed + external })}\n`);
await once(stopping.signal, "abort");
