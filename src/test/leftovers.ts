import { readdir, readFile } from "node:fs/promises";

/** What a run could leave behind on this machine, outside its own folders. Mostly blind to other programs. */
export interface HostState {
  /** Interfaces of this network namespace. */
  interfaces: string[];
  /** Who listens on a port that we serve, `udp 0100007F:0043` in the kernel's notation. */
  listening: string[];
  /** Unix sockets with a name of ours. */
  sockets: string[];
  /** Entries of the shared temporary folders with a name of ours. */
  temporary: string[];
  /** Mounts of ours. */
  mounts: string[];
}

/** DNS, DHCP, TFTP, HTTP, syslog and PXE's boot server. */
const ports = new Set([53, 67, 68, 69, 80, 514, 4011]);
const ours = /dryboot|\.qmp$|\.console$/;

export async function hostState(): Promise<HostState> {
  const lines = async (path: string) => (await readFile(path, "utf8")).trim().split("\n");
  const listening = async (protocol: string) =>
    (await lines(`/proc/net/${protocol}`))
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // Of TCP only what listens (0A): a connection to somebody else's port 80 comes and goes.
      .filter(([, , , state]) => !protocol.startsWith("tcp") || state === "0A")
      .map(([, local = ""]) => local)
      .filter((local) => ports.has(Number.parseInt(local.split(":")[1] ?? "", 16)))
      .map((local) => `${protocol} ${local}`);
  return {
    interfaces: (await lines("/proc/net/dev"))
      .slice(2)
      .map((line) => line.split(":", 1)[0]?.trim() ?? "")
      .filter((name) => /^(?:lab|tap)\d/.test(name)),
    listening: (await Promise.all(["tcp", "tcp6", "udp", "udp6"].map(listening))).flat().sort(),
    sockets: (await lines("/proc/net/unix"))
      .map((line) => line.trim().split(/\s+/)[7] ?? "")
      .filter((path) => ours.test(path)),
    temporary: (await Promise.all(["/dev/shm", "/run"].map((folder) => readdir(folder))))
      .flat()
      .filter((name) => ours.test(name))
      .sort(),
    // A lab mounts one file system, and calls it by our name.
    mounts: (await lines("/proc/self/mountinfo")).filter((line) => / - tmpfs dryboot /.test(line)),
  };
}

/** The processes that inherited `NAME=value` in their environment: all that a run started, however deep. */
export async function processesWith(
  name: string,
  value: string,
): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // A process that ends while it is looked at is none that was left behind.
      const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
      if (!environment.split("\0").includes(`${name}=${value}`)) return [];
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      return command === ""
        ? []
        : [{ pid: Number(pid), command: command.replaceAll("\0", " ").slice(0, 120) }];
    }),
  );
  return found.flat();
}
