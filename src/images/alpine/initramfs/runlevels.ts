import type { TreeFile } from "./tree.ts";

/**
 * What every machine needs that is all in its memory: devices, drivers, a name, a log, the network, and an orderly end. No
 * `modloop`: the modules are there. `dryboot-ready` tells the server when everything is up.
 */
const usual = {
  sysinit: ["devfs", "dmesg", "mdev", "hwdrivers"],
  boot: ["modules", "sysctl", "hostname", "bootmisc", "syslog", "networking"],
  default: ["dryboot-ready"],
  shutdown: ["mount-ro", "killprocs"],
} as const;

/** The links by which OpenRC knows what to start. */
export function runlevelLinks(services: readonly string[]): TreeFile[] {
  const levels = { ...usual, default: [...new Set([...services, ...usual.default])] };
  return Object.entries(levels).flatMap(([level, names]) =>
    names.map((name) => ({ path: `etc/runlevels/${level}/${name}`, target: `/etc/init.d/${name}` })),
  );
}
