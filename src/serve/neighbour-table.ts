import { readFile } from "node:fs/promises";
import type { Warning } from "./interface.ts";

const limit = "net.ipv4.neigh.default.gc_thresh3";

/** How many neighbours this machine's kernel keeps, all interfaces together; undefined where it does not say. */
export async function mostNeighbours(): Promise<number | undefined> {
  // Only the host's own namespace has the file, and the limit is the host's.
  const text = await readFile(`/proc/sys/${limit.replaceAll(".", "/")}`, "utf8").catch(() => "");
  return /^\d+\n?$/.test(text) ? Number(text) : undefined;
}

/** A full table refuses new neighbours: machines then get an address, and no file (arp(7); dmesg says "neighbour table overflow"). */
export function neighbourWarning(most: number | undefined, machines: number): Warning | undefined {
  if (most === undefined || machines < most) return undefined;
  const enough = 2 ** Math.ceil(Math.log2(2 * machines));
  return {
    problem: `${machines} machines may be here at once, and the kernel keeps ${most} neighbours: what is sent to the others is lost`,
    next: `\`sysctl -w ${limit}=${enough} ${limit.replace("3", "2")}=${enough / 2}\`, and the same in /etc/sysctl.d`,
  };
}
