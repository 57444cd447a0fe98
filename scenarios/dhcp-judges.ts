import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { LanHost } from "../src/lab/lan-host.ts";
import { hostInterface } from "../src/lab/lan-host.ts";
import { Running } from "./commands/segment.ts";

/** A DHCP client that somebody else wrote. */
export interface DhcpJudge {
  program: string;
  /** What it is started with; it stays in the foreground and runs the script when it has a lease. */
  asks(files: Files): readonly string[];
  /** How it is told to give the lease back. */
  release(running: Running, host: LanHost, files: Files): Promise<void>;
}

/** What a client is given to work with, in a folder that is gone with the lab. */
export type Files = Readonly<{ script: string; leases: string; pid: string; passwd: string; folder: string }>;

/**
 * Gives the card its address, from which it is given back later, and writes on one line what the client was told. ISC's
 * dhclient and dhcpcd put a reason in the environment and `new_` before each name; udhcpc calls with it as an argument.
 */
const script = `#!/bin/sh
case "$reason$1" in BOUND | REBOOT | bound) ;; *) exit 0 ;; esac
ip addr replace "\${new_ip_address:-$ip}/24" dev "$interface"
echo "told ip=\${new_ip_address:-$ip} mask=\${new_subnet_mask:-$subnet} server=\${new_dhcp_server_identifier:-$serverid}" \\
  "dns=\${new_domain_name_servers:-$dns} domain=\${new_domain_name:-$domain} lent=\${new_dhcp_lease_time:-$lease}"
`;

export const dhcpJudges: Readonly<Record<string, DhcpJudge>> = {
  "ISC's dhclient": {
    program: "dhclient",
    asks: (files) => ["dhclient", "-d", ...dhclient(files), hostInterface],
    async release(running, host, files) {
      await running.says(/^bound to /m); // only now it has written down what it got
      running.kill();
      await running.ended;
      await host.run("dhclient", ["-r", ...dhclient(files), hostInterface]);
    },
  },
  "BusyBox's udhcpc": {
    program: "busybox",
    asks: ({ script }) => ["busybox", "udhcpc", "-f", "-R", "-i", hostInterface, "-s", script],
    async release(running) {
      running.signal("SIGTERM"); // -R: it releases when it ends
      await running.ended;
    },
  },
  dhcpcd: {
    program: "dhcpcd",
    // It would become another user, and a lab has none: with a list of users that lacks its own it stays who it is.
    asks: ({ script, passwd }) => [
      ...["sh", "-c", `mount --bind ${passwd} /etc/passwd && exec "$@"`, "sh"],
      ...["dhcpcd", "-B", "-4", "-A", "-f", "/dev/null", "-c", script],
      ...["-o", "domain_name_servers,domain_name,subnet_mask", hostInterface],
    ],
    async release(running) {
      running.signal("SIGALRM");
      await running.ended;
    },
  },
  "systemd-networkd": {
    program: "/usr/lib/systemd/systemd-networkd",
    asks: ({ folder }) => ["sh", "-c", networkd, "sh", folder],
    async release(running) {
      running.signal("SIGTERM");
      await running.ended;
    },
  },
};

/**
 * It reads its configuration from /run, which is the host's own, and keeps there what it was told. It becomes the user
 * `systemd-network`, who has to be root in a lab, and waits for udev unless /sys is read-only.
 */
const networkd = `
set -e
mkdir -p /run/systemd/network /run/systemd/netif
for file in passwd group; do
  sed 's/^root\\(.*\\)/root\\1\\nsystemd-network\\1/' "$1/$file" > "/run/$file"
  mount --bind "/run/$file" "/etc/$file"
done
printf '%s\\n' '[Match]' 'Name=${hostInterface}' '[Network]' 'DHCP=ipv4' 'LinkLocalAddressing=no' 'IPv6AcceptRA=no' \\
  > /run/systemd/network/lab.network
mount -t sysfs -o ro sys /sys
/usr/lib/systemd/systemd-networkd &
trap 'kill $!; wait $!; exit' TERM
told=/run/systemd/netif/leases/$(cat /sys/class/net/${hostInterface}/ifindex)
until [ -s "$told" ]; do sleep 0.1; done
. "$told"
echo "told ip=$ADDRESS mask=$NETMASK server=$SERVER_ADDRESS dns=$DNS domain=$DOMAINNAME lent=$LIFETIME"
wait $!
`;

const dhclient = ({ script, leases, pid }: Files) => [
  ...["-cf", "/dev/null", "-sf", script, "-lf", leases, "-pf", pid],
];

/** The files of one client; `/dev/shm` is the lab's own. */
export async function clientFiles(name: string): Promise<Files> {
  const folder = join("/dev/shm/judges", name.replaceAll(/[^a-z0-9]+/gi, "-"));
  await mkdir(folder, { recursive: true });
  const at = (file: string) => join(folder, file);
  const files = { script: at("told"), leases: at("leases"), pid: at("pid"), passwd: at("passwd"), folder };
  await writeFile(files.script, script, { mode: 0o755 });
  await writeFile(files.leases, "");
  await writeFile(files.passwd, "root:x:0:0:root:/:/bin/sh\n");
  await writeFile(at("group"), "root:x:0:\n");
  return files;
}

/** Starts a program on a host of the segment; it is gone when the test is over. */
export function start(host: LanHost, [file = "", ...args]: readonly string[]): Running {
  const running = new Running(host.command(file, args));
  onTestFinished(() => running.kill());
  return running;
}
