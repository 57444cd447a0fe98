import type { LaneName } from "../src/lab/lanes.ts";

/** One way to bring the same image onto the same virtual machine. */
export interface Variant {
  says: string;
  /** Programs it cannot be run without. */
  needs: readonly string[];
}

/** The first is what the others are compared with. */
export const variants = {
  dryboot: { says: "our stack", needs: [] },
  direct: {
    says: "QEMU loads kernel and initrd itself (-kernel); our stack only answers the guest",
    needs: [],
  },
  "dnsmasq-ra": { says: "dnsmasq, sending Router Advertisements", needs: ["dnsmasq"] },
  dnsmasq: { says: "dnsmasq as people run it, without them", needs: ["dnsmasq"] },
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof variants;

export const variantNames = Object.keys(variants) as VariantName[];

/** One cell of the comparison, booted once per round. */
export interface Trial {
  lane: LaneName;
  variant: VariantName;
}
