import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { askUntilAnswered, GaveUp } from "./patience.ts";

describe("a client's patience", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("it asks again after each wait, and takes the first answer", async () => {
    const asked: number[] = [];
    let take: (answer: string) => void = () => {};
    const listen = vi.fn<() => void>();
    const asking = askUntilAnswered<string>(
      () => asked.push(Date.now()),
      (taker) => {
        take = taker;
        return listen;
      },
      [1000, 2000, 4000],
    );
    const begin = Date.now();
    await vi.advanceTimersByTimeAsync(3500);
    take("here");
    expect(await asking).toEqual({ answer: "here", again: 2 });
    expect(asked.map((at) => at - begin)).toEqual([0, 1000, 3000]);
    expect(listen).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("it gives up after the last wait", async () => {
    const unlisten = vi.fn<() => void>();
    const asking = askUntilAnswered(
      () => {},
      () => unlisten,
      [1000, 2000],
    );
    const failed = expect(asking).rejects.toThrow(GaveUp);
    await vi.advanceTimersByTimeAsync(3000);
    await failed;
    expect(unlisten).toHaveBeenCalledOnce();
  });
});
