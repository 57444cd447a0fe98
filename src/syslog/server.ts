import { DecodeError } from "../core/errors.ts";
import { SourceBudget } from "../core/source-budget.ts";
import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import { closeUdp, listenUdp } from "../core/udp-listener.ts";
import type { Subnet } from "../wire/ipv4.ts";
import { formatSubnet, isInSubnet } from "../wire/ipv4.ts";
import type { SyslogFacts } from "./facts.ts";
import type { SyslogMessage } from "./message.ts";
import { decodeSyslog } from "./message.ts";

export type SyslogConfig = Readonly<{
  address: string;
  /** 514 unless said; 0 takes a free one. */
  port?: number;
  /** Whose lines are taken: a log that anybody can write into is worth nothing. */
  subnets(): readonly Subnet[];
  /** The machine that holds an address now. */
  machineAt(address: string): string | undefined;
}>;

export interface SyslogServer extends AsyncDisposable {
  readonly port: number;
}

/** A kernel that panics says some hundred lines at once; a machine that says more than that is stuck in a circle. */
const linesPerSecond = { perSource: 200, inAll: 1000 };

/** Resolves when lines are taken. Stops when disposed of, or when the signal is aborted. Nothing is ever sent. */
export async function startSyslog(
  config: SyslogConfig,
  { timeline, signal }: { timeline: Recorder<SyslogFacts>; signal: AbortSignal },
): Promise<SyslogServer> {
  signal.throwIfAborted();
  const socket = await listenUdp("syslog", config.address, config.port ?? 514, 2 ** 20);
  const receive = receiver(config, timeline);
  socket.on("error", () => {}); // nothing is sent, so nothing can fail
  socket.on("message", (bytes, { address }) => receive(bytes, address));

  let stopped: Promise<void> | undefined;
  const stop = () => {
    signal.removeEventListener("abort", onAbort);
    stopped ??= closeUdp(socket);
    return stopped;
  };
  const onAbort = () => void stop();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) {
    await stop();
    signal.throwIfAborted();
  }
  return { port: socket.address().port, [Symbol.asyncDispose]: stop };
}

function receiver({ address, subnets, machineAt }: SyslogConfig, timeline: Recorder<SyslogFacts>) {
  const budget = new SourceBudget(linesPerSecond);
  const worthReporting = throttle(1000);
  return (bytes: Uint8Array, from: string): void => {
    if (from !== address && !subnets().some((subnet) => isInSubnet(subnet, from))) {
      const reason = `it is not on ${subnets().map(formatSubnet).join(" or ")}`;
      if (worthReporting()) timeline.record("syslog.dropped", { from, reason });
      return;
    }
    const verdict = budget.take(from);
    if (verdict === "over") return;
    const machine = machineAt(from);
    const source = { from, ...(machine === undefined ? {} : { machine }) };
    const message = verdict === "overrun" ? tooMany : decodedOr(bytes);
    if (typeof message === "string") timeline.record("syslog.dropped", { ...source, reason: message });
    else timeline.record("syslog.received", { ...source, ...message });
  };
}

const tooMany = "too many lines: those of the rest of this second are left out";

/** The message, or why it is none. */
function decodedOr(bytes: Uint8Array): SyslogMessage | string {
  try {
    return decodeSyslog(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.message;
  }
}
