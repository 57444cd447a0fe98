import { closeSync, openSync, readSync } from "node:fs";
import { concat } from "../../wire/codec.ts";
import type { CapturedPacket } from "../../wire/pcap.ts";
import { pcapBytes, pcapFrameAt } from "../../wire/pcap.ts";
import { pcapngFrame, pcapngHeader } from "../../wire/pcapng-writer.ts";
import { bytesWorthKeeping } from "../../wire/worth-keeping.ts";

/** How much is read at once: half a second of a machine that fetches its kernel. */
const chunkBytes = 1024 * 1024;

/**
 * The packets of a machine as a trace keeps them, read from the capture that its QEMU is writing. QEMU's clock there
 * stands still until the machine is switched on, and begins at a whole second of its own choice: the one around its start.
 */
export class Packets implements Disposable {
  readonly #machine: string;
  readonly #path: string;
  #fd: number | undefined;
  #position = 0;
  #pending: Uint8Array = new Uint8Array();
  /** What QEMU's clock showed when the machine was switched on; known from the first packet on. */
  #qemuZeroMs: number | undefined;

  constructor(machine: string, path: string) {
    this.#machine = machine;
    this.#path = path;
  }

  /**
   * What has come since the last time, as the next part of a pcapng file. `zeroMs` is when the machine was switched on,
   * and `nowMs` is now: to be asked more than once a second, so that the second QEMU began at is beyond doubt.
   */
  take(zeroMs: number, nowMs: number): Uint8Array {
    const frames: CapturedPacket[] = [];
    for (let more = true; more; ) {
      more = this.#read();
      frames.push(...this.#whole());
    }
    const newest = frames.at(-1);
    if (newest === undefined) return new Uint8Array();
    const header = this.#qemuZeroMs === undefined ? [pcapngHeader(this.#machine)] : [];
    this.#qemuZeroMs ??= Math.ceil((newest.timeMs - (nowMs - zeroMs)) / 1000) * 1000;
    const offsetMs = zeroMs - this.#qemuZeroMs;
    return concat([...header, ...frames.map((frame) => written(frame, offsetMs))]);
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Whether there may be more. */
  #read(): boolean {
    try {
      this.#fd ??= openSync(this.#path, "r");
    } catch {
      return false; // QEMU has not made it yet
    }
    const chunk = new Uint8Array(chunkBytes);
    const length = readSync(this.#fd, chunk, 0, chunkBytes, this.#position);
    const fresh =
      this.#position === 0 ? chunk.subarray(pcapBytes.fileHeader, length) : chunk.subarray(0, length);
    this.#position += length;
    this.#pending = concat([this.#pending, fresh]);
    return length === chunkBytes;
  }

  #whole(): CapturedPacket[] {
    const frames: CapturedPacket[] = [];
    let at = 0;
    for (let frame = pcapFrameAt(this.#pending, at); frame; frame = pcapFrameAt(this.#pending, at)) {
      frames.push(frame);
      at = frame.end;
    }
    this.#pending = this.#pending.slice(at);
    return frames;
  }
}

function written({ timeMs, bytes, originalLength }: CapturedPacket, offsetMs: number): Uint8Array {
  const kept = bytes.subarray(0, Math.min(bytes.length, bytesWorthKeeping(bytes)));
  return pcapngFrame(timeMs + offsetMs, kept, originalLength);
}
