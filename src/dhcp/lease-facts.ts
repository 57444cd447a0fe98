/** What keeping leases reports. */
export interface LeaseFacts {
  "dhcp.leases-loaded": { store: string; leases: number; durationMs: number };
  /** Records that could not be read though others follow them; a copy of the file was kept. */
  "dhcp.leases-damaged": { store: string; records: number; copy: string };
  /** Nobody gets an address while this lasts. */
  "dhcp.leases-failed": { store: string; problem: string };
  /** A person took a lease back. */
  "dhcp.lease-taken": { address: string; mac: string };
  /** Somebody answered at an address that nobody has from us. */
  "dhcp.conflict": { address: string; mac: string };
  /** Addresses are no longer tried before they are offered. */
  "dhcp.probe-failed": { problem: string };
}
