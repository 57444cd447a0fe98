import type { Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { ClientShares } from "../core/client-shares.ts";
import { printable } from "../core/printable.ts";
import type { ServedFile } from "../core/served-file.ts";
import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import type { TftpFacts } from "./facts.ts";
import { openReader } from "./file-reader.ts";
import { emptyWhenMissing, isProbe, namesFor } from "./habits.ts";
import type { TftpMessage, TftpRequest } from "./message.ts";
import { encodeRefusal, errorCodes } from "./message.ts";
import type { Limits } from "./options.ts";
import { negotiate } from "./options.ts";
import { normalisePath } from "./path.ts";
import type { Endpoint } from "./peer.ts";
import { Peer } from "./peer.ts";
import { loadLibc } from "./segments.ts";
import type { TftpConfig } from "./server.ts";
import { SharedFiles } from "./shared-files.ts";
import type { Outcome } from "./transfer.ts";
import { sendFile } from "./transfer.ts";

/** One read request being answered; it has a `peer` once there is a file to send. */
interface Transfer {
  readonly id: number;
  readonly client: Endpoint;
  readonly packet: Uint8Array;
  readonly file: string;
  peer?: Peer;
  ended?: Promise<void>;
}

/** The server's own port. */
interface Port {
  reply(packet: Uint8Array, to: Endpoint): void;
  refuse(client: Endpoint, problem: string): void;
  /** Its socket, where transfers have none of their own. */
  shared: Socket | undefined;
}

/** For all files on their way from disk together; a loader is some hundred KiB, and the same for many. */
const readBytes = 32 * 2 ** 20;

/** Every read request being answered now: which is new, which one is one too many, and how each ends. */
export class Transfers {
  readonly #config: TftpConfig;
  readonly #timeline: Recorder<TftpFacts>;
  readonly #port: Port;
  readonly #limits: Limits;
  readonly #running = new Set<Transfer>();
  readonly #maxTransfers: number;
  readonly #ofClients: ClientShares;
  readonly #files = new SharedFiles(readBytes);
  /** The last one begun for each endpoint. */
  readonly #latest = new Map<string, Transfer>();
  #requests = 0;
  #stopping = false;

  constructor(config: TftpConfig, timeline: Recorder<TftpFacts>, port: Port) {
    this.#config = config;
    this.#timeline = timeline;
    this.#port = port;
    this.#maxTransfers = config.maxTransfers ?? 1024;
    this.#ofClients = new ClientShares(config.maxTransfersPerClient ?? 16);
    // Around a block stand 20 bytes of IPv4 or 40 of IPv6, 8 of UDP and 4 of TFTP.
    const headersBytes = isIPv6(config.address) ? 52 : 32;
    this.#limits = {
      maxBlksize: (config.mtu ?? 1500) - headersBytes,
      maxWindowsize: config.maxWindowsize ?? 64,
      timeoutMs: config.timeoutMs ?? 1000,
    };
  }

  begin(request: TftpRequest, packet: Uint8Array, client: Endpoint): void {
    if (this.#stopping || this.#isRepetition(packet, client) || !this.#takeRoomFor(client)) return;
    this.#requests += 1;
    const file = normalisePath(request.filename) ?? printable(request.filename);
    const transfer: Transfer = { id: this.#requests, client, packet: Uint8Array.from(packet), file };
    this.#running.add(transfer);
    this.#latest.set(keyOf(client), transfer);
    this.#timeline.record("tftp.requested", {
      id: transfer.id,
      from: client.address,
      port: client.port,
      file,
      options: Object.fromEntries(request.options),
    });
    transfer.ended = this.#serve(transfer, request)
      .catch((error: unknown) => this.#fail(transfer, reasonOf(error)))
      .finally(() => {
        this.#running.delete(transfer);
        this.#ofClients.giveBack(client.address);
        if (this.#latest.get(keyOf(client)) === transfer) this.#latest.delete(keyOf(client));
      });
  }

  /** What a client says to the server's own port; false when none of its transfers is under way. */
  hear(message: TftpMessage, client: Endpoint): boolean {
    const transfer = this.#latest.get(keyOf(client));
    transfer?.peer?.hear(message);
    return transfer !== undefined;
  }

  /** Ends every transfer; none is begun any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { peer } of this.#running) peer?.push({ type: "stopped" });
    await Promise.all([...this.#running].map(async ({ ended }) => await ended));
  }

  /**
   * The same request from the same TID before anything was acknowledged is a retransmission. Any other one replaces
   * the transfer under way: ROMs that always ask from one port go on to the next file, or were reset.
   */
  #isRepetition(packet: Uint8Array, client: Endpoint): boolean {
    const before = this.#latest.get(keyOf(client));
    if (before === undefined) return false;
    const repeated = !before.peer?.heard && Buffer.compare(before.packet, packet) === 0;
    before.peer?.push({ type: repeated ? "repeated" : "superseded" });
    return repeated;
  }

  /** Past the limits there is no answer: a real client asks again. */
  #takeRoomFor({ address, port }: Endpoint): boolean {
    if (this.#running.size < this.#maxTransfers && this.#ofClients.take(address)) return true;
    const ofClient = this.#ofClients.heldBy(address);
    this.#port.refuse(
      { address, port },
      `${ofClient} transfers of one client and ${this.#running.size} in all are enough`,
    );
    return false;
  }

  async #serve(transfer: Transfer, request: TftpRequest): Promise<void> {
    const { client, file } = transfer;
    // Text with translated line ends would ruin every file a machine boots from.
    if (request.mode !== "octet") {
      this.#answer(transfer, errorCodes.undefined, "only octet mode is known");
      return this.#fail(transfer, `mode "${printable(request.mode)}" is not octet`);
    }
    const path = normalisePath(request.filename);
    if (path === undefined)
      return this.#reject(transfer, errorCodes.fileNotFound, "no file can have this name");
    let found: ServedFile | undefined;
    try {
      found = await this.#find(path, client);
    } catch (error) {
      this.#answer(transfer, errorCodes.undefined, "the server failed");
      throw error;
    }
    // Loaders probe for a dozen names that may not exist: the answer costs no socket.
    if (found === undefined) return this.#rejectMissing(transfer, path);
    if (!this.#stopping) await this.#send(transfer, request, found, file);
  }

  async #find(path: string, { address }: Endpoint): Promise<ServedFile | undefined> {
    for (const name of namesFor(path)) {
      const found = await this.#config.find(name, { address });
      if (found !== undefined) return found;
    }
    return emptyWhenMissing(path) ? { bytes: new Uint8Array(), sizeBytes: 0 } : undefined;
  }

  async #send(transfer: Transfer, request: TftpRequest, found: ServedFile, file: string): Promise<void> {
    const { id, client } = transfer;
    const { sizeBytes } = found;
    const begin = performance.now();
    const agreed = negotiate(request.options, sizeBytes, this.#limits);
    const worthReporting = throttle(250, 250);
    const { shared } = this.#port;
    await using peer = shared
      ? Peer.sharing(shared, client)
      : await Peer.open(this.#config.address, client, await loadLibc());
    transfer.peer = peer;
    if (this.#stopping) peer.push({ type: "stopped" }); // it came while the socket was being opened
    let outcome: Outcome;
    try {
      await using reader = await openReader(found, this.#files);
      outcome = await sendFile(peer, reader, { ...agreed, sizeBytes }, (sentBytes) => {
        if (worthReporting()) this.#timeline.record("tftp.progress", { id, file, sentBytes, sizeBytes });
      });
    } catch (error) {
      await peer.send([[refusalOf(transfer, errorCodes.undefined, "the file cannot be read")]]);
      throw error;
    }
    if (outcome.type === "failed") return this.#fail(transfer, outcome.reason);
    if (outcome.type === "probed") {
      return this.#timeline.record("tftp.probed", { id, from: client.address, file, sizeBytes });
    }
    const { blksize, windowsize } = agreed;
    const { resent, acknowledged } = outcome;
    const durationMs = performance.now() - begin;
    this.#timeline.record("tftp.sent", {
      id,
      from: client.address,
      file,
      sizeBytes,
      durationMs,
      blksize,
      windowsize,
      resent,
      acknowledged,
    });
  }

  #rejectMissing(transfer: Transfer, path: string): void {
    const { id, client, file } = transfer;
    const reason = "no such file";
    this.#answer(transfer, errorCodes.fileNotFound, reason);
    if (isProbe(path)) this.#timeline.record("tftp.absent", { id, from: client.address, file });
    else this.#fail(transfer, reason);
  }

  #reject(transfer: Transfer, errorCode: number, reason: string): void {
    this.#answer(transfer, errorCode, reason);
    this.#fail(transfer, reason);
  }

  #answer(transfer: Transfer, errorCode: number, text: string): void {
    this.#port.reply(refusalOf(transfer, errorCode, text), transfer.client);
  }

  #fail({ id, client, file }: Transfer, reason: string): void {
    this.#timeline.record("tftp.failed", { id, from: client.address, file, reason });
  }
}

/** An error with a code explains itself; any other is a bug, ours or that of whoever looked for the file. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? error.message : (error.stack ?? error.message);
}

const keyOf = ({ address, port }: Endpoint) => `${address} ${port}`;

const refusalOf = ({ packet }: Transfer, errorCode: number, text: string) =>
  encodeRefusal(errorCode, text, packet.length);
