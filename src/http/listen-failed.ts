import { DrybootError } from "../core/errors.ts";

const hints: Readonly<Record<string, string>> = {
  EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE",
  EADDRINUSE: "another web server holds this port: `ss -tlpn` names it; stop it, or serve on another address",
  EADDRNOTAVAIL: "this machine has no such address: `ip -br address` lists those it has",
};

export function listenFailed(address: string, port: number, cause: unknown): DrybootError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  return new DrybootError(`cannot listen for HTTP on tcp ${address}:${port}`, {
    code: "LISTEN_FAILED",
    where: "http",
    hint: hints[code] ?? "read the cause above",
    cause,
  });
}
