import type { RemoteInfo } from "node:dgram";
import { DecodeError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import type { ServedFile } from "../core/served-file.ts";
import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import { closeUdp, listenUdp } from "../core/udp-listener.ts";
import type { TftpFacts } from "./facts.ts";
import type { TftpMessage } from "./message.ts";
import { decodeMessage, encodeRefusal, errorCodes } from "./message.ts";
import type { Endpoint } from "./peer.ts";
import { Transfers } from "./transfers.ts";

export interface TftpConfig {
  /** The address to listen on and to send from. */
  address: string;
  /** 69 unless said; 0 takes a free one. */
  port?: number | undefined;
  /** Of the path to the clients, 1500 unless said: no block is larger than what crosses it in one piece. */
  mtu?: number;
  /** 64 unless said. */
  maxWindowsize?: number;
  /** Sends everything from `port`: for clients behind NAT, and firewalls that know no TFTP. */
  singlePort?: boolean;
  /** Transfers at once, each with a socket but in single-port mode: in all (1024 unless said), and for one client's address (16). */
  maxTransfers?: number;
  maxTransfersPerClient?: number;
  /** How long to wait for an acknowledgement where the client does not say; 1000 unless said. */
  timeoutMs?: number;
  /** The file of this name (relative, without `..`), or undefined when there is none. Asked for each name it may have. */
  find(name: string, client: { address: string }): ServedFile | undefined | Promise<ServedFile | undefined>;
}

export interface TftpServer extends AsyncDisposable {
  readonly port: number;
}

/** Resolves when requests are answered. Stops when disposed of, or when the signal is aborted. Reads only. */
export async function startTftp(
  config: TftpConfig,
  deps: { timeline: Recorder<TftpFacts>; signal: AbortSignal },
): Promise<TftpServer> {
  const { address, port = 69 } = config;
  deps.signal.throwIfAborted();
  // Linux's default holds some 270 small packets: a room full of machines switched on at once sends more.
  const socket = await listenUdp("TFTP", address, port, 4 * 2 ** 20);
  const reply = (packet: Uint8Array, to: Endpoint) => {
    socket.send(packet, to.port, to.address, () => {}); // what cannot be delivered is lost, as on any network
  };
  const worthReporting = throttle(250);
  const refuse = (client: Endpoint, problem: string) => {
    if (worthReporting()) deps.timeline.record("tftp.refused", { from: client.address, problem });
  };
  const shared = config.singlePort ? socket : undefined;
  const transfers = new Transfers(config, deps.timeline, { reply, refuse, shared });
  socket.on("error", () => {}); // an ICMP message about something we sent
  socket.on("message", (bytes: Uint8Array, { address, port }: RemoteInfo) => {
    const client = { address, port };
    const message = decodeOr(bytes, (problem) => refuse(client, problem));
    // Nobody can be answered at port 0.
    if (message === undefined || port === 0) return;
    if (message.type === "RRQ") return transfers.begin(message, bytes, client);
    if (message.type !== "WRQ") {
      if (shared && transfers.hear(message, client)) return;
      // Without an answer: two servers would talk for ever.
      return refuse(client, `${message.type} came to the server's own port`);
    }
    refuse(client, `wanted to write ${printable(message.filename)}`);
    reply(encodeRefusal(errorCodes.accessViolation, "nothing is written here", bytes.length), client);
  });

  let stopped: Promise<void> | undefined;
  const stop = () => {
    deps.signal.removeEventListener("abort", onAbort);
    stopped ??= Promise.all([closeUdp(socket), transfers.stop()]).then(() => {});
    return stopped;
  };
  const onAbort = () => void stop();
  deps.signal.addEventListener("abort", onAbort);
  if (deps.signal.aborted) {
    await stop();
    deps.signal.throwIfAborted();
  }
  return { port: socket.address().port, [Symbol.asyncDispose]: stop };
}

function decodeOr(bytes: Uint8Array, onProblem: (problem: string) => void): TftpMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    onProblem(error.message);
    return undefined;
  }
}
