import { checkedSite } from "../../src/site/load.ts";
import type { Site } from "../../src/site/schema.ts";

/** A network that only the bench has. The clients' addresses are all on one host, which is the way to them. */
export const network = {
  interface: "bench",
  prefixLength: 16,
  server: "10.70.0.1",
  clients: "10.70.0.2",
  range: ["10.70.128.0", "10.70.255.250"],
  rangeAsNetwork: "10.70.128.0/17",
} as const;

export const imageName = "storm";

/** The files of the storm, each a file of this name in one folder. */
export const files = { loader: "snponly.efi", kernel: "vmlinuz", initrd: "initrd" } as const;

/** Without names: every machine of the storm is a stranger that boots the default. */
export function stormSite(): Site {
  return checkedSite(
    {
      name: "storm",
      network: { subnet: "10.70.0.0/16", server: network.server },
      dhcp: { mode: "server", range: network.range },
      images: { [imageName]: { recipe: "rescue" } },
      defaultImage: imageName,
    },
    "bench/storm/network.ts",
  );
}
