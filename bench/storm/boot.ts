import { setTimeout as sleep } from "node:timers/promises";
import type { DhcpPort } from "./dhcp-port.ts";
import { HttpClient } from "./http-client.ts";
import { patience } from "./patience.ts";
import { fetchByTftp } from "./tftp-client.ts";

/** What a machine does between its power button and its kernel, in this order. */
export const steps = ["firmware DHCP", "loader", "iPXE DHCP", "script", "kernel and initrd"] as const;
export type Step = (typeof steps)[number];

/** One machine's boot: how long each step took, how often it asked again, and where it ended if not in a kernel. */
export type Booted = Readonly<{
  ms: readonly number[];
  again: number;
  bytes: number;
  lost?: Readonly<{ step: Step; why: string }>;
}>;

/** As the scripts of both sides have it (src/boot/boot-script.ts). */
const attempts = 3;
const betweenAttemptsMs = 3000;

/** Boots a machine that has this MAC and waits as firmware and iPXE wait. What it does not wait for is in bench/README.md. */
export async function boot(mac: string, dhcp: DhcpPort): Promise<Booted> {
  const ms: number[] = [];
  let [again, bytes] = [0, 0];
  const timed = async <T>(work: Promise<T>): Promise<T> => {
    const begin = performance.now();
    const result = await work;
    ms.push(performance.now() - begin);
    return result;
  };
  try {
    const firmware = await timed(dhcp.exchange("ovmf-pxe", mac, patience.firmwareDhcp));
    again += firmware.again;
    const ends = { from: firmware.address, server: firmware.server };
    const loader = await timed(fetchByTftp(firmware.bootFile, ends, patience.loader));
    again += loader.again;
    const ipxe = await timed(dhcp.exchange("ipxe-efi", mac, patience.ipxeDhcp));
    again += ipxe.again;
    const script = await timed(scriptAt(new URL(ipxe.bootFile), ipxe.address));
    const files = await timed(fetchFiles(filesIn(script), ipxe.address));
    again += files.again;
    bytes = loader.bytes + files.bytes;
    return { ms, again, bytes };
  } catch (error) {
    const [step = "firmware DHCP"] = steps.slice(ms.length);
    return { ms, again, bytes, lost: { step, why: error instanceof Error ? error.message : String(error) } };
  }
}

async function scriptAt(url: URL, from: string): Promise<string> {
  using client = await HttpClient.open(from, url.hostname);
  return (await client.get(url.pathname + url.search, "text")).text;
}

/** The addresses an iPXE script fetches before it boots. */
export function filesIn(script: string): URL[] {
  const named = [...script.matchAll(/^(?:kernel|initrd) .*?(http:\/\/\S+)/gm)].map(
    ([, url = ""]) => new URL(url),
  );
  if (named.length === 0) throw new Error(`a script without files: ${script.slice(0, 200)}`);
  return named;
}

/** All of them, from the first on again when one fails. */
async function fetchFiles(urls: readonly URL[], from: string): Promise<{ bytes: number; again: number }> {
  for (let again = 0; ; again += 1) {
    try {
      using client = await HttpClient.open(from, urls[0]?.hostname ?? "");
      let bytes = 0;
      for (const { pathname } of urls) bytes += (await client.get(pathname, "size")).bodyBytes;
      return { bytes, again };
    } catch (error) {
      if (again + 1 >= attempts) throw error;
      await sleep(betweenAttemptsMs);
    }
  }
}
