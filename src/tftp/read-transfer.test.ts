import { describe, expect, test } from "vitest";
import type { Action, Block, ReadTransfer } from "./read-transfer.ts";
import {
  beginRead,
  isSuspecting,
  lastBlock,
  maxRetries,
  onAck,
  onRepeatedRequest,
  onTimeout,
} from "./read-transfer.ts";

const begin = (sizeBytes: number, blksize = 512, windowsize = 1, withOack = false) =>
  beginRead({ sizeBytes, blksize, windowsize, withOack });

const numbers = (action: Action) =>
  action.type === "blocks" ? action.blocks.map((block) => block.number) : action.type;

describe("a read transfer", () => {
  test("starts with DATA when there are no options, and with the OACK when there are", () => {
    expect(numbers(begin(1000)[1])).toEqual([1]);
    const [t, action] = begin(1000, 512, 4, true);
    expect(action.type).toBe("oack");
    expect(numbers(onAck(t, 0)[1])).toEqual([1, 2]);
  });

  test.each([
    [0, 1, 0],
    [511, 1, 511],
    [512, 2, 0],
    [513, 2, 1],
  ])("%i bytes end with block %i of %i bytes", (sizeBytes, last, bytes) => {
    let [t, action] = begin(sizeBytes);
    expect(lastBlock(t)).toBe(last);
    let end: Block | undefined;
    for (let block = 1; action.type === "blocks"; block += 1) {
      end = action.blocks[0];
      [t, action] = onAck(t, block);
    }
    expect(end).toMatchObject({ number: last });
    expect((end?.end ?? 0) - (end?.start ?? 0)).toBe(bytes);
    expect(action).toEqual({ type: "done", acknowledged: true });
  });

  test("a repeated ACK in lock step is not answered (the Sorcerer's Apprentice)", () => {
    const [t] = onAck(begin(5000)[0], 1);
    expect(onAck(t, 1)).toEqual([t, { type: "wait" }]);
    expect(onAck(t, 0)).toEqual([t, { type: "wait" }]);
  });

  test("an ACK inside the window moves it on, and sends again only what a second sign says is missing", () => {
    const [t, more] = onAck(begin(10_000, 512, 4)[0], 2);
    expect(numbers(more)).toEqual([5, 6]);
    expect(isSuspecting(t)).toBe(true);
    for (const [again, action] of [onAck(t, 2), onTimeout(t)]) {
      expect(numbers(action)).toEqual([3, 4, 5, 6]);
      expect(again).toMatchObject({ resent: 4, retries: 0 });
      expect(isSuspecting(again)).toBe(false);
      expect(onAck(again, 2)[1].type).toBe("wait"); // the rest of the client's complaints
      expect(onTimeout(again)[0].retries).toBe(1);
    }
    const [gone, next] = onAck(t, 6); // it had only met a packet twice
    expect(numbers(next)).toEqual([7, 8, 9, 10]);
    expect(gone.resent).toBe(0);
  });

  test("a repeated ACK goes back once, and not again before a clean window", () => {
    const confirmed = (from: ReadTransfer, block: number) => onAck(onAck(from, block)[0], block);
    let [t, action] = onAck(begin(20_000, 512, 4)[0], 4);
    [t, action] = confirmed(t, 4);
    expect(numbers(action)).toEqual([5, 6, 7, 8]);
    expect(confirmed(t, 4)[1].type).toBe("wait");
    [t] = onAck(t, 8);
    expect(confirmed(t, 8)[1].type).toBe("wait");
    [t] = onAck(t, 12);
    [t] = onAck(t, 16);
    expect(numbers(confirmed(t, 16)[1])).toEqual([17, 18, 19, 20]);
  });

  test("an ACK of what was never sent changes nothing", () => {
    const [t] = begin(10_000, 512, 4);
    expect(onAck(t, 5)).toEqual([t, { type: "wait" }]);
    const [waiting] = begin(10_000, 512, 4, true);
    expect(onAck(waiting, 1)).toEqual([waiting, { type: "wait" }]);
    expect(onAck(waiting, 65535)).toEqual([waiting, { type: "wait" }]);
  });

  test("gives up after five retries of the same window, and progress starts the count anew", () => {
    const outlast = (from: ReadTransfer) => {
      let [t, action]: readonly [ReadTransfer, Action] = [from, { type: "wait" }];
      let tries = 0;
      for (; action.type !== "gave-up" && action.type !== "done"; tries += 1) [t, action] = onTimeout(t);
      return { tries: tries - 1, end: action.type };
    };
    expect(outlast(begin(5000)[0])).toEqual({ tries: maxRetries, end: "gave-up" });
    expect(outlast(begin(5000, 512, 1, true)[0])).toEqual({ tries: maxRetries, end: "gave-up" });
    const [tired] = onTimeout(onTimeout(begin(5000)[0])[0]);
    expect(outlast(onAck(tired, 1)[0])).toEqual({ tries: maxRetries, end: "gave-up" });
  });

  test("the last ACK may be lost", () => {
    let [t, action] = onAck(begin(600)[0], 1);
    for (let i = 0; i <= maxRetries; i += 1) [t, action] = onTimeout(t);
    expect(action).toEqual({ type: "done", acknowledged: false });
  });

  test("a client that never answered has not received a file of one block", () => {
    let [t, action] = begin(100);
    for (let i = 0; i <= maxRetries; i += 1) [t, action] = onTimeout(t);
    expect(action.type).toBe("gave-up");
  });

  test("a repeated request repeats the first answer, at most as often as a timeout would", () => {
    let [t, action] = begin(100, 512, 1, true);
    for (let i = 0; i < maxRetries; i += 1) {
      [t, action] = onRepeatedRequest(t);
      expect(action.type).toBe("oack");
    }
    expect(onRepeatedRequest(t)[1].type).toBe("wait");
    const [underway] = onAck(begin(5000)[0], 1);
    expect(onRepeatedRequest(underway)).toEqual([underway, { type: "wait" }]);
  });
});

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

  onTimeout(): number {
    this.#inWindow = 0;
    this.#toldGap = false;
    return (this.expected - 1) & 0xffff;
  }

  get complete(): boolean {
    return this.finished && this.received === this.#sizeBytes;
  }
}

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
  const toServer = new Network<number>(weather, random);
  const client = new Client(sizeBytes, windowsize);
  let [t, action] = begin(sizeBytes, blksize, windowsize);
  let blocksSent = 0;
  while (action.type !== "done" && action.type !== "gave-up") {
    if (action.type === "blocks") {
      blocksSent += action.blocks.length;
      for (const block of action.blocks) toClient.send(block);
    }
    for (const block of toClient.arriving()) toServer.sendIf(client.onData(block, blksize));
    const ack = toServer.receive();
    if (ack !== undefined) {
      [t, action] = onAck(t, ack);
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
