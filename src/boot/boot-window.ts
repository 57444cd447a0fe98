/** This long a boot may take unless the site says so; a machine that waits in a menu is booting too. */
export const usualBootMs = 30 * 60_000;

/** What a machine says of itself in DHCP, as far as it tells firmware and loaders from operating systems. */
export type DhcpSigns = Readonly<{
  clientSystemArch?: readonly number[];
  vendorClassIdentifier?: string;
  ipxeFeatures?: readonly number[];
}>;

/** Whether firmware or a loader speaks: who runs already has no use for a boot file. */
export const isBootRequest = (signs: DhcpSigns): boolean =>
  signs.clientSystemArch !== undefined ||
  signs.ipxeFeatures !== undefined ||
  /^(PXE|HTTP|HW-)Client/.test(signs.vendorClassIdentifier ?? "");

/**
 * Who boots now, from what this server itself saw: firmware or a loader asks DHCP, and until the machine reports that it
 * is ready, or has had its time, it boots. Fetching a script or a kernel opens nothing: any program on a machine that
 * runs can do that, and DHCP only its root.
 */
export class BootWindows {
  readonly #machines = new Map<string, Readonly<{ openedAt: number } | { endedAt: number }>>();
  readonly #isKnown: (mac: string) => boolean;

  /** Windows are kept of known machines alone: strangers neither fill our memory nor push anybody out of it. */
  constructor(isKnown: (mac: string) => boolean) {
    this.#isKnown = isKnown;
  }

  /** Firmware or a loader of this machine asked DHCP. */
  opened(mac: string, now: number): void {
    if (this.#isKnown(mac)) this.#machines.set(mac, { openedAt: now });
  }

  /** It reported that it is up. */
  ended(mac: string, now: number): void {
    if (this.#machines.has(mac)) this.#machines.set(mac, { endedAt: now });
  }

  /** When its firmware last asked, while it boots. */
  openedAt(mac: string): number | undefined {
    const known = this.#machines.get(mac);
    return known && "openedAt" in known ? known.openedAt : undefined;
  }

  /** Why this machine does not boot now, where a boot has so long; undefined when it does. */
  closedBecause(mac: string, lengthMs: number, now: number): string | undefined {
    const known = this.#machines.get(mac);
    if (known === undefined) return "this server saw no firmware of it ask DHCP";
    if ("endedAt" in known) return `it reported ${minutes(now - known.endedAt)} ago that it is ready`;
    if (now - known.openedAt <= lengthMs) return undefined;
    return `its firmware asked DHCP ${minutes(now - known.openedAt)} ago, and a boot has ${minutes(lengthMs)}`;
  }
}

const minutes = (ms: number) => `${Math.max(0, Math.floor(ms / 60_000))} minutes`;
