import { describe, expect, test } from "vitest";
import type { Block, ReadTransfer, Step } from "./read-transfer.ts";
import { beginRead, onAck, onRepeatedRequest, onTimeout } from "./read-transfer.ts";

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Weather {
  loss: number;
  duplication: number;
  reordering: number;
}

/** A network that loses, doubles and reorders, the same way for the same seed. */
class Network<Packet> {
  readonly #packets: Packet[] = [];
  readonly #weather: Weather;
  readonly #random: () => number;

  constructor(weather: Weather, random: () => number) {
    this.#weather = weather;
    this.#random = random;
  }

  send(packet: Packet): void {
    if (this.#random() < this.#weather.loss) return;
    const at =
      this.#random() < this.#weather.reordering
        ? Math.max(0, this.#packets.length - 2)
        : this.#packets.length;
    this.#packets.splice(at, 0, packet);
    if (this.#random() < this.#weather.duplication) this.#packets.push(packet);
  }

  sendIf(packet: Packet | undefined): void {
    if (packet !== undefined) this.send(packet);
  }

  *arriving(): Iterable<Packet> {
    while (this.#packets.length > 0) yield* this.#packets.splice(0);
  }

  receive(): Packet | undefined {
    return this.#packets.shift();
  }
}

/** A client as RFC 7440 describes it: acknowledges a full window, the end, and the last good block after a gap. */
class Client {
  received = 0;
  expected = 1;
  finished = false;
  readonly #sizeBytes: number;
  readonly #windowsize: number;
  #inWindow = 0;
  #toldGap = false;

  constructor(sizeBytes: number, windowsize: number) {
    this.#sizeBytes = sizeBytes;
    this.#windowsize = windowsize;
  }

  onData(block: Block, blksize: number): number | undefined {
    if (block.number !== (this.expected & 0xffff)) {
      if (this.#toldGap) return undefined;
      this.#toldGap = true;
      this.#inWindow = 0;
      return (this.expected - 1) & 0xffff;
    }
    if (block.start !== this.received) throw new Error(`a gap or an overlap at byte ${this.received}`);
    this.#toldGap = false;
    this.received = block.end;
    this.expected += 1;
    this.#inWindow += 1;
    this.finished ||= block.end - block.start < blksize;
    if (!this.finished && this.#inWindow < this.#windowsize) return undefined;
    this.#inWindow = 0;
    return block.number;
  }

  /** Who has heard nothing yet asks again. */
  onTimeout(): number | "RRQ" {
    this.#inWindow = 0;
    this.#toldGap = false;
    return this.expected === 1 ? "RRQ" : (this.expected - 1) & 0xffff;
  }

  get complete(): boolean {
    return this.finished && this.received === this.#sizeBytes;
  }
}

const onSaid = (t: ReadTransfer, said: number | "RRQ"): Step =>
  said === "RRQ" ? onRepeatedRequest(t) : onAck(t, said);

/** Runs a transfer to its end; when nothing moves any more, time passes for both sides. */
function transfer(
  sizes: { blocks: number; blksize: number; windowsize: number },
  weather: Weather,
  seed: number,
) {
  const { blksize, windowsize } = sizes;
  const sizeBytes = sizes.blocks * blksize - 3;
  const random = seeded(seed);
  const toClient = new Network<Block>(weather, random);
  const toServer = new Network<number | "RRQ">(weather, random);
  const client = new Client(sizeBytes, windowsize);
  let [t, action] = beginRead({ sizeBytes, blksize, windowsize, withOack: false });
  let blocksSent = 0;
  while (action.type !== "done" && action.type !== "gave-up") {
    const blocks = action.type === "blocks" ? action.blocks : [];
    blocksSent += blocks.length;
    for (const block of blocks) toClient.send(block);
    for (const block of toClient.arriving()) toServer.sendIf(client.onData(block, blksize));
    const said = toServer.receive();
    if (said !== undefined) {
      [t, action] = onSaid(t, said);
      continue;
    }
    [t, action] = onTimeout(t);
    const repeated = client.onTimeout();
    if (!client.finished && random() < 0.5) toServer.send(repeated);
  }
  return { client, end: action.type, blocksSent, t };
}

describe("a read transfer over a bad network", () => {
  const bad: Weather = { loss: 0.05, duplication: 0.05, reordering: 0.05 };

  test.each(
    [1, 2, 4, 7, 16, 64].flatMap((windowsize) =>
      [8, 512, 1428].map((blksize) => [windowsize, blksize] as const),
    ),
  )("arrives whole with windows of %i blocks of %i bytes", (windowsize, blksize) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const { client, end } = transfer({ blocks: 700, blksize, windowsize }, bad, seed);
      expect({ end, complete: client.complete }).toEqual({ end: "done", complete: true });
    }
  });

  test.each([1, 16, 64])("crosses block 65535 with windows of %i", (windowsize) => {
    const { client, end } = transfer({ blocks: 70_000, blksize: 8, windowsize }, { ...bad, loss: 0.01 }, 3);
    expect({ end, complete: client.complete, expected: client.expected }).toEqual({
      end: "done",
      complete: true,
      expected: 70_001,
    });
  });

  test.each([
    [1, 0.1],
    [4, 0.01],
    [16, 0.01],
    [64, 0.01],
  ])("duplicates alone do not double the traffic, with windows of %i", (windowsize, duplication) => {
    const blocks = 10_000;
    const weather = { loss: 0, duplication, reordering: 0 };
    const { blocksSent, client } = transfer({ blocks, blksize: 512, windowsize }, weather, 11);
    expect(client.complete).toBe(true);
    expect(blocksSent).toBeLessThan(blocks * 1.05);
  });

  test("counts what was sent more than once", () => {
    const { t, blocksSent } = transfer({ blocks: 500, blksize: 512, windowsize: 16 }, bad, 5);
    expect(t.resent).toBe(blocksSent - 500);
    expect(t.resent).toBeGreaterThan(0);
  });
});
