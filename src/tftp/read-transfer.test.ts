import { describe, expect, test } from "vitest";
import type { Action, Block, ReadTransfer, Step } from "./read-transfer.ts";
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
    const [heard] = onAck(begin(5000)[0], 1);
    expect(outlast(heard)).toEqual({ tries: maxRetries, end: "gave-up" });
    const [tired] = onTimeout(onTimeout(heard)[0]);
    expect(outlast(onAck(tired, 2)[0])).toEqual({ tries: maxRetries, end: "gave-up" });
  });

  test("to who never answered, DATA is sent once and an OACK twice", () => {
    const sentInVain = (from: Step) => {
      let [t, action] = from;
      const sent: unknown[] = [];
      for (; action.type !== "gave-up"; [t, action] = onTimeout(t)) sent.push(numbers(action));
      return sent.filter((each) => each !== "wait");
    };
    expect(sentInVain(begin(5000))).toEqual([[1]]);
    expect(sentInVain(begin(5000, 512, 4, true))).toEqual(["oack", "oack"]);
    expect(sentInVain(onRepeatedRequest(begin(5000)[0]))).toEqual([[1]]);
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

  test.each([
    ["the OACK", true, "oack"],
    ["block 1", false, [1]],
  ])("a repeated request is answered with %s again, five times", (_, withOack, answer) => {
    let [t, action] = begin(100, 512, 1, withOack);
    for (let i = 0; i < maxRetries; i += 1) {
      [t, action] = onRepeatedRequest(onTimeout(t)[0]);
      expect(numbers(action)).toEqual(answer);
    }
    expect(onRepeatedRequest(t)[1].type).toBe("wait");
    const [underway] = onAck(begin(5000)[0], 1);
    expect(onRepeatedRequest(underway)).toEqual([underway, { type: "wait" }]);
  });
});
