/** A DHCP server on loopback for `lease-crash.test.ts` to kill; it says its port to its parent. */
import { Timeline } from "../core/timeline.ts";
import { parseSubnet } from "../wire/ipv4.ts";
import type { DhcpFacts } from "./facts.ts";
import { startDhcp } from "./server.ts";

const [leases = "", clientPort] = process.argv.slice(2);
const server = await startDhcp(
  {
    ...{ address: "127.0.0.1", listen: [], port: 0, relayPort: Number(clientPort), leases },
    packetsPerSecond: Infinity,
    policy: {
      ...{ mode: "server", server: "127.0.0.1", leaseTimeMs: 3_600_000, reservations: [] },
      subnet: parseSubnet("127.0.0.0/8") ?? { network: "127.0.0.0", prefixLength: 8 },
      range: ["127.1.0.0", "127.1.3.231"], // exactly as many as there are clients: a doubled lease leaves one without
      boot: () => ({ none: "not here" }),
    },
  },
  { timeline: new Timeline<DhcpFacts>(undefined, { keep: 10 }), signal: new AbortController().signal },
);
process.send?.(server.port);
