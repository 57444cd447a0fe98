import { DrybootError } from "./errors.ts";

/** What holds the port, by protocol: chosen for who reads it at 2 a.m. */
const holders: Readonly<Record<string, string>> = {
  DHCP: "another DHCP server holds this port: `ss -ulpn` names it; stop it, or serve on another address",
  TFTP: "another TFTP server holds this port: `ss -ulpn` names it; stop it, or serve on another address",
  HTTP: "another web server holds this port: `ss -tlpn` names it; stop it, or serve on another address",
  HTTPS:
    "another web server holds this port: `ss -tlpn` names it; stop it, or set `https.mode` to `off` in the site file",
  DNS: "another DNS server holds this port: `ss -lntup` names it; stop it, or set `dns.mode` to `off` in the site file",
  syslog:
    "another log receiver holds this port: `ss -ulpn` names it; stop it, or set `syslog.mode` to `off` in the site file",
};

/** Why a server cannot listen, and what to do; `transport` is what `ss` calls it. */
export function listenFailed(
  protocol: string,
  transport: "udp" | "tcp",
  address: string,
  port: number,
  cause: unknown,
): DrybootError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const hints: Readonly<Record<string, string | undefined>> = {
    EACCES:
      "ports below 1024 need root or CAP_NET_BIND_SERVICE; inside a lab (`dryboot boot`) neither is needed",
    EADDRINUSE: holders[protocol] ?? "another server holds this port: `ss -lntup` names it",
    EADDRNOTAVAIL:
      "this machine has no such address: check `network.server` in the site file, `ip -br address` lists those it has",
  };
  return new DrybootError(`cannot listen for ${protocol} on ${transport} ${address}:${port}`, {
    code: "LISTEN_FAILED",
    where: protocol.toLowerCase(),
    hint: hints[code] ?? "read the cause above",
    cause,
  });
}
