/** What dnsmasq and nginx are told. They get the best settings we know for each: a weak opponent proves nothing. */

export interface ForeignSegment {
  interface: string;
  server: string;
  machine: { name: string; mac: string; ip: string };
}

/** Unique local addresses (RFC 4193): dnsmasq advertises only where its interface has an address to advertise. */
export const advertisedPrefix = { network: "fd69::", server: "fd69::1/64" } as const;

export function dnsmasqConfig(
  { interface: bridge, server, machine }: ForeignSegment,
  options: { tftpRoot: string; scratch: string; advertise: boolean },
): string {
  return lines([
    "# The DHCP and TFTP server of this boot.",
    "port=0", // no DNS: nobody asks
    "no-daemon", // in the foreground, and without the change of groups that our user namespace forbids
    `dhcp-leasefile=${options.scratch}/dnsmasq.leases`,
    `pid-file=${options.scratch}/dnsmasq.pid`,
    ...[`interface=${bridge}`, "except-interface=lo", "bind-interfaces"],
    "dhcp-authoritative",
    "no-ping", // else it looks for 3 s whether an address is free
    `dhcp-range=${server},static,12h`,
    `dhcp-host=${machine.mac},${machine.ip},${machine.name}`,
    ...tftpAndBoot(server, options.tftpRoot, "boot.ipxe"),
    ...(options.advertise ? ["enable-ra", `dhcp-range=${advertisedPrefix.network},ra-only`] : []),
  ]);
}

/** For `clients` machines that nobody named, whose script comes over HTTP. */
export function dnsmasqForMany(
  { interface: name, server, range }: { interface: string; server: string; range: readonly string[] },
  options: { tftpRoot: string; scratch: string; clients: number },
): string {
  return lines([
    ...["port=0", "no-daemon"],
    `dhcp-leasefile=${options.scratch}/dnsmasq.leases`,
    `pid-file=${options.scratch}/dnsmasq.pid`,
    ...[`interface=${name}`, "except-interface=lo", "bind-interfaces"],
    ...["dhcp-authoritative", "no-ping", "quiet-dhcp", "quiet-tftp"],
    `dhcp-range=${range.join(",")},255.255.0.0,12h`,
    `dhcp-lease-max=${2 * options.clients}`, // 1,000 unless told
    `tftp-max=${2 * options.clients}`, // 50 unless told
    ...tftpAndBoot(server, options.tftpRoot, `http://${server}/boot.ipxe`),
  ]);
}

/** An iPXE (option 175) is given the script, firmware its loader: file, siaddr and options 66 and 67. */
function tftpAndBoot(server: string, tftpRoot: string, script: string): string[] {
  return [
    ...["enable-tftp", `tftp-root=${tftpRoot}`],
    "dhcp-match=set:ipxe,175",
    ...["dhcp-match=set:x64,option:client-arch,7", "dhcp-match=set:x64,option:client-arch,9"],
    `dhcp-boot=tag:ipxe,${script},${server},${server}`,
    `dhcp-boot=tag:!ipxe,tag:x64,snponly.efi,${server},${server}`,
    `dhcp-boot=tag:!ipxe,tag:!x64,undionly.kpxe,${server},${server}`,
    "dhcp-option=encap:175,176,1b", // no-pxedhcp: an iPXE need not wait 2 s for a proxyDHCP offer
  ];
}

/** One process: its workers would take other groups, which a user namespace forbids; one client has no use for more. */
export function nginxConfig(
  server: string,
  options: { root: string; scratch: string; connections?: number },
): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return lines([
    "# The HTTP server of this boot.",
    "user root root;", // the only ones there are in our user namespace
    ...["daemon off;", "master_process off;", `pid ${options.scratch}/nginx.pid;`],
    "error_log stderr notice;",
    `events { worker_connections ${options.connections ?? 512}; }`,
    "http {",
    "  access_log off;",
    "  sendfile on;",
    "  tcp_nopush on;",
    ...temporary.map((name) => `  ${name}_temp_path ${options.scratch}/nginx-${name};`),
    "  server {",
    `    listen ${server}:80;`,
    `    root ${options.root};`,
    '    location = /ready { return 200 "ready\\n"; }',
    "  }",
    "}",
  ]);
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
