import { spawn } from "node:child_process";
import { once } from "node:events";
import { delimiter } from "node:path";
import { createInterface } from "node:readline";
import { tied } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import { programFolders } from "../host/packages.ts";
import type { LabFacts } from "./facts.ts";
import type { ForeignNetwork } from "./foreign-dhcp-command.ts";
import { foreignCommand, foreignReply } from "./foreign-dhcp-command.ts";
import type { LanHost } from "./lan-host.ts";

/** dnsmasq has read its configuration and opened its sockets: it answers from here on. */
const answering = /DHCP, (?:IP range|static leases only)/;
const startingMs = 10_000;

/**
 * The stand-in for somebody else's DHCP server, which lends addresses and knows nothing of booting: dnsmasq on a host of
 * its own. A proxyDHCP server is of no use without one.
 */
export async function startForeignDhcp(
  config: { host: LanHost; address: string; network: ForeignNetwork },
  { timeline, signal }: { timeline: Recorder<LabFacts>; signal: AbortSignal },
): Promise<AsyncDisposable> {
  const { host, address, network } = config;
  const [name, ...words] = foreignCommand(network);
  const child = spawn(...tied(...split(host.command(name, words))), {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: programFolders().join(delimiter) },
  });
  const ended = once(child, "close").catch(() => {});
  const stop = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  const said: string[] = [];
  let version = "";
  const { promise: answers, resolve } = Promise.withResolvers<true>();
  createInterface(child.stderr).on("line", (line) => {
    if (said.push(line) > 6) said.shift();
    version ||= /^dnsmasq: started, version (\S+)/.exec(line)?.[1] ?? "";
    if (answering.test(line)) resolve(true);
    const reply = foreignReply(line);
    if (reply) timeline.record("foreign-dhcp.sent", { ...reply, server: address });
  });
  const late = AbortSignal.any([signal, AbortSignal.timeout(startingMs)]);
  const given = once(late, "abort").then(() => false);
  if (!(await Promise.race([answers, ended.then(() => false), given]))) {
    await stop();
    signal.throwIfAborted();
    throw new DrybootError(`the stand-in for the other DHCP server did not start: ${said.join("; ")}`, {
      code: "FOREIGN_DHCP_FAILED",
      where: [name, ...words].join(" "),
      hint: "run that command by hand, as root, with a test interface: dnsmasq says what it dislikes",
    });
  }
  timeline.record("foreign-dhcp.started", { program: `${name} ${version}`.trim(), server: address });
  return { [Symbol.asyncDispose]: stop };
}

const split = ([file, ...args]: readonly [string, ...string[]]): [string, string[]] => [file, args];
