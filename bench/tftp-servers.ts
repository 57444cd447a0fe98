import { join } from "node:path";

export const serverNames = ["dryboot", "atftpd", "dnsmasq"] as const;
export type ServerName = (typeof serverNames)[number];

/** Of the loopback of a namespace that only the bench has. */
export const serverAddress = "127.0.0.1";

/** How each server is started in the foreground, to send the files of `folder`. */
export const servers: Readonly<Record<ServerName, (folder: string) => readonly string[]>> = {
  dryboot: (folder) => [process.execPath, join(import.meta.dirname, "tftp-server.ts"), serverAddress, folder],
  atftpd: (folder) => [
    ...["atftpd", "--daemon", "--no-fork", "--bind-address", serverAddress, "--no-multicast"],
    ...["--user", "root", "--group", "root", "--verbose=3", "--maxthread", "1000"],
    ...["--logfile", "-", folder],
  ],
  dnsmasq: (folder) => [
    ...["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--bind-interfaces"],
    ...[`--listen-address=${serverAddress}`, "--enable-tftp", `--tftp-root=${folder}`, "--tftp-max=1000"],
    `--pid-file=${folder}/dnsmasq.pid`,
  ],
};

/** The options by which a server says its version, where its program is there. */
export const programs: Readonly<Record<Exclude<ServerName, "dryboot"> | "atftp", readonly string[]>> = {
  atftpd: ["atftpd", "--version"],
  dnsmasq: ["dnsmasq", "--version"],
  atftp: ["atftp", "--version"],
};
