import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished } from "vitest";
import type { BootSite } from "../boot/boot-site.ts";
import { defaultLoaders } from "../boot/loaders.ts";
import type { ServedFile } from "../core/served-file.ts";
import { Timeline } from "../core/timeline.ts";
import { closeUdp, listenUdp } from "../core/udp-listener.ts";
import { from as messageFrom } from "../dhcp/conversation.ts";
import type { DhcpMessage } from "../dhcp/message.ts";
import { decodeMessage, encodeMessage } from "../dhcp/message.ts";
import type { NetbootFacts } from "../facts.ts";
import type { OpenedImage } from "../images/store.ts";
import type { NetbootConfig } from "../netboot.ts";
import { startNetboot } from "../netboot.ts";

/** The whole stack on loopback, where a machine is an address: its DHCP comes from there, and so do its requests. */
export const server = "127.0.0.1";
export const machine = { name: "node1", mac: "52:54:00:69:00:0a", address: "127.0.0.10" };

export const served = (text: string): ServedFile => {
  const bytes = Buffer.from(text);
  return { bytes, sizeBytes: bytes.length };
};

export const site: BootSite = {
  server,
  http: `http://${server}`,
  machines: [{ name: machine.name, mac: machine.mac, image: "rescue", commandLine: "password=hunter2" }],
  images: new Map([["rescue", { reportsReady: true }]]),
  loaders: defaultLoaders,
};
/** Its files are on disk, as a store's are. */
export async function openedImage(): Promise<OpenedImage> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-netboot-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = async (name: string) => {
    const path = join(folder, name);
    await writeFile(path, `the ${name}`);
    return { name, path, sizeBytes: name.length + 4, sha256: "a".repeat(64) };
  };
  const [kernel, initrd] = [await file("vmlinuz"), await file("initrd")];
  const { digest, recipe, builtAt } = { digest: "b".repeat(64), recipe: "c".repeat(64), builtAt: "" };
  const made = { format: 1, name: "rescue", level: 1, digest, recipe, builtAt } as const;
  return { ...made, inputs: [], folder, kernel, initrds: [initrd], files: [], commandLine: "quiet" };
}

export async function stack(more: Partial<NetbootConfig> = {}) {
  const timeline = new Timeline<NetbootFacts>();
  const relay = await listenUdp("test", machine.address, 0);
  onTestFinished(() => closeUdp(relay));
  const { port } = relay.address();
  const image = await openedImage();
  const netboot = await startNetboot(
    {
      site,
      dhcp: {
        mode: "server",
        server,
        subnet: { network: "127.0.0.0", prefixLength: 8 },
        leaseTimeMs: 3_600_000,
        range: ["127.0.0.100", "127.0.0.103"],
        reservations: [{ mac: machine.mac, address: machine.address, hostName: machine.name }],
        dns: [],
      },
      images: new Map([["rescue", image]]),
      loaders: new Map([["undionly.kpxe", served("the loader")]]),
      machineFiles: new Map([["own/node1.key", { file: served("secret"), for: { mac: machine.mac } }]]),
      ports: { http: 0, tftp: 0, dhcp: { port: 0, listen: [], clientPort: port, relayPort: port } },
      ...more,
    },
    { timeline, signal: AbortSignal.timeout(20_000) },
  );
  onTestFinished(() => netboot[Symbol.asyncDispose]());
  /** What the machine, or who is said, is answered over HTTP. */
  const get = async (path: string, from = machine.address): Promise<Answer> => {
    const request = http.get({
      host: server,
      port: netboot.ports.http,
      path: `/${path}`,
      localAddress: from,
    });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  };
  /** Sends DHCP as a relay at the machine's address does. */
  const tell = (message: DhcpMessage) =>
    relay.send(encodeMessage({ ...message, giaddr: machine.address }), netboot.dhcp.port, server);
  const ask = async (message: DhcpMessage): Promise<DhcpMessage> => {
    const answer = once(relay, "message", { signal: AbortSignal.timeout(20_000) });
    tell(message);
    const [bytes] = await answer;
    return decodeMessage(bytes as Uint8Array);
  };
  /** The lease that an operating system on the machine is given: nothing in it begins a boot. */
  const lease = async () => {
    const options = { requestedIpAddress: machine.address, serverIdentifier: server };
    const { options: told } = await ask(messageFrom(machine.mac, "DHCPREQUEST", options));
    expect(told.messageType).toBe("DHCPACK");
  };
  return { netboot, timeline, get, ask, lease };
}

export type Answer = { status: number; body: string };
