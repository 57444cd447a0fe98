import type { DhcpPolicy } from "../dhcp/policy.ts";
import type { BootSite } from "./boot-site.ts";
import type { ExplainWorld } from "./explain.ts";
import { defaultLoaders } from "./loaders.ts";
import { planFor } from "./plan.ts";

/** A site with one machine of each kind, and a host that has all it needs, for tests of what is explained. */
export const node1 = "52:54:00:69:00:0a";
export const uuid = "00112233-4455-6677-8899-aabbccddeeff";

export function world(
  site: Partial<BootSite> = {},
  dhcp: Partial<DhcpPolicy> = {},
  rest: Partial<ExplainWorld> = {},
): ExplainWorld {
  const boot: BootSite = {
    server: "10.69.0.1",
    http: "http://10.69.0.1",
    machines: [{ name: "node1", mac: node1, image: "rescue" }],
    images: new Map([["rescue", { reportsReady: true }]]),
    loaders: defaultLoaders,
    ...site,
  };
  return {
    site: boot,
    policy: {
      mode: "server",
      server: "10.69.0.1",
      subnet: { network: "10.69.0.0", prefixLength: 24 },
      leaseTimeMs: 43_200_000,
      range: ["10.69.0.128", "10.69.0.254"],
      reservations: [{ mac: node1, address: "10.69.0.10", hostName: "node1" }],
      boot: (client) => planFor(client, boot).dhcp,
      ...dhcp,
    },
    images: new Map([
      [
        "rescue",
        {
          kernel: { name: "vmlinuz", sizeBytes: 14_186_432 },
          initrds: [{ name: "initrd.img", sizeBytes: 1_016_217 }],
          commandLine: "console=ttyS0,115200",
          digest: "5cc9b73a2a9e",
        },
      ],
    ]),
    loaders: new Map([
      ["undionly.kpxe", { sizeBytes: 74_213, version: "1.0.0" }],
      ["ipxe.pxe", { sizeBytes: 306_521, version: "1.0.0" }],
      ["snponly.efi", { sizeBytes: 173_792, version: "1.0.0" }],
    ]),
    ...rest,
  };
}
