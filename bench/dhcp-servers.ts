import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export const serverNames = ["dryboot", "kea", "dnsmasq"] as const;
export type ServerName = (typeof serverNames)[number];

/** A network that only the bench has; the pool holds every client of every load. */
export const network = {
  subnet: "10.70.0.0/16",
  server: "10.70.0.1",
  relay: "10.70.0.2",
  pool: ["10.70.1.0", "10.70.255.250"],
  interface: "bench",
} as const;

type Started = Readonly<{ command: readonly string[]; sign: RegExp }>;

/** How each server is started in the foreground, keeping its leases in `folder`. Each is given the best settings we know. */
export const servers: Readonly<Record<ServerName, (folder: string, profiled: boolean) => Promise<Started>>> =
  {
    dryboot: async (folder, profiled) => {
      const profile = ["--cpu-prof", `--cpu-prof-dir=${folder}`];
      return {
        command: dryboot(folder, network.server, [...asServed, ...(profiled ? profile : [])]),
        sign: /^ready: /,
      };
    },
    kea: async (folder) => {
      const config = join(folder, "kea.json");
      await writeFile(config, JSON.stringify(keaConfig(folder), undefined, 2));
      return {
        // Its pid and lock files are not where an ordinary user could write.
        command: ["env", `KEA_PIDFILE_DIR=${folder}`, "KEA_LOCKFILE_DIR=none", "kea-dhcp4", "-c", config],
        sign: /DHCP4_STARTED/,
      };
    },
    dnsmasq: async (folder) => ({
      command: [
        ...[
          "dnsmasq",
          "--no-daemon",
          "--conf-file=/dev/null",
          "--port=0",
          `--pid-file=${folder}/dnsmasq.pid`,
        ],
        ...[`--interface=${network.interface}`, "--except-interface=lo", "--bind-interfaces"],
        `--dhcp-range=${network.pool.join(",")},255.255.0.0,1h`,
        ...["--dhcp-authoritative", "--no-ping", "--quiet-dhcp", "--dhcp-lease-max=70000"],
        `--dhcp-leasefile=${folder}/dnsmasq.leases`,
      ],
      sign: /sockets bound exclusively/,
    }),
  };

/** As the launcher starts `serve`, and able to say what leases cost. */
const asServed = ["--min-semi-space-size=16", "--expose-gc"];

/** Our server's command; also for measuring what leases cost. */
export function dryboot(
  folder: string,
  address: string = network.server,
  nodeFlags: readonly string[] = asServed,
): string[] {
  const entry = join(import.meta.dirname, "dhcp-server.ts");
  return [process.execPath, ...nodeFlags, entry, address, network.subnet, ...network.pool, folder];
}

/** Leases in its file as they change (it does not wait for the disk), UDP sockets for packets from a relay. */
function keaConfig(folder: string) {
  return {
    Dhcp4: {
      "interfaces-config": { interfaces: [network.interface], "dhcp-socket-type": "udp" },
      "lease-database": { type: "memfile", persist: true, name: `${folder}/kea.csv`, "lfc-interval": 0 },
      "valid-lifetime": 3600,
      subnet4: [{ id: 1, subnet: network.subnet, pools: [{ pool: network.pool.join(" - ") }] }],
      loggers: [{ name: "kea-dhcp4", severity: "INFO", output_options: [{ output: "stdout" }] }],
    },
  };
}
