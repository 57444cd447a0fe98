import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished } from "vitest";

/** A client that shares no code with the server: it writes and reads packets byte by byte. */
export class TestClient {
  readonly socket: Socket = createSocket("udp4");
  readonly packets: { bytes: Buffer; port: number }[] = [];
  #wake: (() => void) | undefined;

  static async open(): Promise<TestClient> {
    const client = new TestClient();
    client.socket.on("message", (bytes, { port }) => {
      client.packets.push({ bytes, port });
      client.#wake?.();
    });
    client.socket.bind(0, "127.0.0.1");
    await once(client.socket, "listening");
    onTestFinished(() => void client.socket.close());
    return client;
  }

  send(port: number, bytes: Uint8Array): void {
    this.socket.send(bytes, port, "127.0.0.1");
  }

  request(port: number, file: string, options: Record<string, string> = {}, opcode = 1): void {
    const texts = [file, "octet", ...Object.entries(options).flat()];
    this.send(port, Buffer.concat([Buffer.of(0, opcode), Buffer.from(`${texts.join("\0")}\0`)]));
  }

  ack(port: number, block: number): void {
    this.send(port, Buffer.of(0, 4, (block >> 8) & 0xff, block & 0xff));
  }

  error(port: number, code: number, text: string): void {
    this.send(port, Buffer.concat([Buffer.of(0, 5, 0, code), Buffer.from(`${text}\0`)]));
  }

  /** The next packet; fails the test when none comes. */
  async next(waitMs = 2000): Promise<{ bytes: Buffer; port: number }> {
    return (await this.nextOrNone(waitMs)) ?? expect.unreachable("no packet came");
  }

  async nextOrNone(waitMs: number): Promise<{ bytes: Buffer; port: number } | undefined> {
    if (this.packets.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.packets.shift();
  }

  /** A whole file, acknowledging every `windowsize` blocks; `lose` says which packets never arrived. */
  async fetch(port: number, file: string, options: Record<string, string>, lose = (_: number) => false) {
    const { blksize = "512", windowsize = "1" } = options;
    this.request(port, file, options);
    const blocks: Buffer[] = [];
    let oack = "";
    for (let count = 1; ; count += 1) {
      const { bytes, port: tid } = await this.next();
      if (lose(count)) continue;
      const opcode = bytes.readUInt16BE(0);
      if (opcode === 5) throw new Error(`ERROR ${bytes.readUInt16BE(2)} ${bytes.toString("utf8", 4)}`);
      if (opcode === 6) {
        oack = bytes.toString("utf8", 2);
        this.ack(tid, 0);
        continue;
      }
      if (bytes.readUInt16BE(2) !== ((blocks.length + 1) & 0xffff)) {
        this.ack(tid, blocks.length & 0xffff);
        continue;
      }
      blocks.push(bytes.subarray(4));
      const atEnd = bytes.length - 4 < Number(blksize);
      if (atEnd || blocks.length % Number(windowsize) === 0) this.ack(tid, blocks.length & 0xffff);
      if (atEnd) return { content: Buffer.concat(blocks), oack };
    }
  }
}
