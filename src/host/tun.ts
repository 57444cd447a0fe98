import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";

/** The device taps are made with, as this user finds it. */
export interface TunDevice {
  path: string;
  state: "open" | "absent" | "denied" | "no-driver" | "not-a-device";
  /** Permission bits, as `chmod` takes them: `0666`. Unknown where the node is absent. */
  mode?: string;
}

/**
 * Looks at /dev/net/tun by opening it, which creates nothing. A user namespace does not help against its mode: the
 * device belongs to the host, where the namespace's root is still the ordinary user.
 */
export async function probeTun(path = "/dev/net/tun"): Promise<TunDevice> {
  const node = await stat(path).catch(() => undefined);
  if (node === undefined) return { path, state: "absent" };
  const mode = `0${(node.mode & 0o777).toString(8).padStart(3, "0")}`;
  if (!node.isCharacterDevice()) return { path, state: "not-a-device", mode };
  try {
    await using _handle = await open(path, constants.O_RDWR);
    return { path, state: "open", mode };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { path, state: code === "EACCES" || code === "EPERM" ? "denied" : "no-driver", mode };
  }
}

/** What is wrong and the command, to be run as root, that mends it; undefined when nothing is wrong. */
export function tunTrouble(tun: TunDevice): { why: string; mend: string } | undefined {
  const { path, mode } = tun;
  switch (tun.state) {
    case "open":
      return undefined;
    case "absent":
      return {
        why: `${path} does not exist`,
        // Loading the module makes the node where udev or devtmpfs runs; in a container only mknod is left (10, 200: the
        // kernel's devices.txt).
        mend: `modprobe tun; test -e ${path} || { mkdir -p /dev/net && mknod -m 0666 ${path} c 10 200; }`,
      };
    case "denied":
      // Readable and writable for all and still refused: a container's device rules, which no chmod lifts.
      return mode === "0666"
        ? {
            why: `${path} may not be opened although its mode is 0666: a container forbids it`,
            mend: `docker run --device ${path} ...`,
          }
        : { why: `${path} has mode ${mode}: only its owner may open it`, mend: `chmod 0666 ${path}` };
    case "no-driver":
      return { why: `${path} has no driver behind it`, mend: "modprobe tun" };
    case "not-a-device":
      return {
        why: `${path} is not a device`,
        mend: `rm ${path} && mknod -m 0666 ${path} c 10 200`,
      };
  }
}
