import { mkdir, symlink, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { run } from "../src/core/child.ts";
import type { ForeignSegment } from "./foreign-config.ts";
import { advertisedPrefix, dnsmasqConfig, nginxConfig } from "./foreign-config.ts";
import { startPeer } from "./peer.ts";

export interface ForeignOptions {
  segment: Omit<ForeignSegment, "interface">;
  /** What is served, by name below the servers' root. */
  files: readonly (readonly [string, string])[];
  script: string;
  /** Whether nginx serves HTTP; without it there is TFTP only. */
  http: boolean;
  advertise: boolean;
  /** Gone with the namespace. */
  scratch: string;
  /** Where configurations and logs are kept. */
  folder: string;
  signal: AbortSignal;
}

/** dnsmasq for DHCP and TFTP and nginx for HTTP, on the segment whose address is ours. */
export async function startForeignServers(options: ForeignOptions): Promise<AsyncDisposable> {
  const { scratch, folder, signal } = options;
  const segment = { ...options.segment, interface: interfaceOf(options.segment.server) };
  await using starting = new AsyncDisposableStack();
  const root = join(scratch, "root");
  await layOut(root, options);
  if (options.advertise)
    await run("ip", ["address", "add", advertisedPrefix.server, "dev", segment.interface, "nodad"]);
  if (options.http) {
    const config = join(folder, "nginx.conf");
    await writeFile(config, nginxConfig(segment.server, { root, scratch }));
    const log = join(folder, "nginx.log");
    // It names the system it runs on once its sockets are bound.
    const command = ["nginx", "-e", "stderr", "-c", config];
    starting.use(await startPeer(command, { sign: /\] \d+#\d+: OS: /, log, signal }));
  }
  // DHCP last: whoever is told where to boot from finds it there.
  const config = join(folder, "dnsmasq.conf");
  await writeFile(config, dnsmasqConfig(segment, { ...options, tftpRoot: root }));
  const command = ["dnsmasq", `--conf-file=${config}`];
  const log = join(folder, "dnsmasq.log");
  starting.use(await startPeer(command, { sign: /TFTP root is /, log, signal }));
  return starting.move();
}

/** Links, not copies: the page cache has the files already, as it has them for our own servers. */
async function layOut(root: string, { files, script }: ForeignOptions): Promise<void> {
  for (const [name, path] of files) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await symlink(path, join(root, name));
  }
  await writeFile(join(root, "boot.ipxe"), script);
}

function interfaceOf(address: string): string {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((each) => each.address === address),
  );
  if (found === undefined) throw new Error(`no interface has the address ${address}`);
  return found[0];
}
