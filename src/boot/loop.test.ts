import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterFetch, LoopWatch, loopTimes, loopWindowMs } from "./loop.ts";

const shoe = "52:54:00:69:00:0a";
const sock = "52:54:00:69:00:0b";
const here = "10.69.0.10";

const fetchedAt = (...moments: number[]) =>
  moments.reduce<ReturnType<typeof afterFetch> | undefined>(
    (before, at) => afterFetch(before?.fetches, "snponly.efi", at),
    undefined,
  );

describe("one file, again and again", () => {
  test.each<[string, number[], number | undefined]>([
    ["twice", [0, 10], undefined],
    ["three times", [0, 10, 20], 20],
    ["three times in just under a minute", [0, 30_000, 59_999], 59_999],
    ["three times in a minute", [0, 30_000, 60_000], undefined],
    ["slowly, then fast", [0, 70_000, 70_001, 70_002], 2],
    ["with a clock that was set back", [50_000, 51_000, 10_000], undefined],
    ["with a clock that was set back, and then on", [50_000, 10_000, 11_000, 12_000], 2000],
    ["with a clock that stands still", [5, 5, 5], 0],
  ])("%s", (_, moments, withinMs) => expect(fetchedAt(...moments)?.withinMs).toBe(withinMs));

  test("another file begins anew", () => {
    const { fetches } = afterFetch({ file: "a.efi", at: [0, 1] }, "b.efi", 2);
    expect(fetches).toEqual({ file: "b.efi", at: [2] });
  });

  test("remembers three moments at most, all within the window, whatever the clock does", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (moments) => {
        const { fetches, withinMs } = fetchedAt(0, ...moments) ?? { fetches: { at: [] } };
        expect(fetches.at.length).toBeLessThanOrEqual(loopTimes);
        if (withinMs === undefined) return;
        expect(withinMs).toBeGreaterThanOrEqual(0);
        expect(withinMs).toBeLessThan(loopWindowMs);
      }),
    );
  });
});

describe("a loader that asks for no script", () => {
  const fetches = (watch: LoopWatch, ...moments: number[]) =>
    moments.map((now) => watch.loaderFetched(shoe, "pxelinux.0", now)?.times);

  test("is in a loop when no kernel was sent between three of its fetches", () => {
    const watch = new LoopWatch();
    expect(fetches(watch, 0, 1000, 2000)).toEqual([undefined, undefined, 3]);
    expect(watch.loaderLoop(shoe, 3000)).toMatchObject({ file: "pxelinux.0", withinMs: 2000 });
    watch.imageFetched(here, shoe);
    expect(watch.loaderLoop(shoe, 3000)).toBeUndefined();
  });

  test("is in none while kernels are sent to it", () => {
    const watch = new LoopWatch();
    for (let now = 0; now < 10_000; now += 1000) {
      expect(fetches(watch, now)).toEqual([undefined]);
      watch.imageFetched(here, shoe);
    }
  });
});

describe("scripts that are asked for again and again", () => {
  const asks = (watch: LoopWatch, mac: string, ...moments: number[]) =>
    moments.map((now) => watch.scriptAsked(mac, here, "boot.ipxe", now)?.times);

  test("are a loop at the third time, which is said once: then the machine has a fresh try", () => {
    expect(asks(new LoopWatch(), shoe, 0, 1000, 2000, 3000, 4000, 5000)).toEqual([
      ...[undefined, undefined, 3],
      ...[undefined, undefined, 3],
    ]);
  });

  test("are none when a kernel was sent in between", () => {
    const watch = new LoopWatch();
    asks(watch, shoe, 0, 1000);
    watch.imageFetched(here, undefined);
    expect(asks(watch, shoe, 2000, 3000)).toEqual([undefined, undefined]);
  });

  test("are told apart behind one address: one machine's kernel does not excuse the other's circles", () => {
    const watch = new LoopWatch();
    for (const now of [0, 1000]) {
      expect(asks(watch, shoe, now)).toEqual([undefined]);
      expect(asks(watch, sock, now + 1)).toEqual([undefined]);
      watch.imageFetched(here, undefined); // sock's, which asked last
    }
    expect(asks(watch, sock, 2000)).toEqual([undefined]);
    expect(asks(watch, shoe, 2001)).toEqual([3]);
  });

  test("count for who asks from where: a stranger cannot drive a machine into its diagnosis", () => {
    const watch = new LoopWatch();
    for (const now of [0, 1, 2]) watch.scriptAsked(shoe, "10.69.0.66", "boot.ipxe", now);
    expect(asks(watch, shoe, 3)).toEqual([undefined]);
  });

  test("come with what last went wrong", () => {
    const watch = new LoopWatch();
    asks(watch, shoe, 0, 1);
    watch.fetchFailed(here, "HTTP 404 for images/rescue/vmlinuz");
    watch.fetchFailed("10.69.0.99", "somebody else's");
    expect(watch.scriptAsked(shoe, here, "boot.ipxe", 2)).toEqual({
      ...{ what: "script", file: "boot.ipxe", times: 3, withinMs: 2 },
      problem: "HTTP 404 for images/rescue/vmlinuz",
    });
  });
});

describe("loaders that are fetched again and again", () => {
  const loads = (watch: LoopWatch, ...moments: number[]) =>
    moments.map((now) => watch.loaderFetched(shoe, "snponly.efi", now)?.withinMs);

  test("are known as a loop for a minute, by machine", () => {
    const watch = new LoopWatch();
    expect(loads(watch, 0, 1000, 2000)).toEqual([undefined, undefined, 2000]);
    expect(watch.loaderLoop(shoe, 2001)).toMatchObject({ what: "loader", times: 3 });
    expect(watch.loaderLoop(sock, 2001)).toBeUndefined();
    expect(watch.loaderLoop(shoe, 62_000)).toBeUndefined();
  });

  test.each<[string, (watch: LoopWatch) => unknown]>([
    ["the script is asked for", (watch) => watch.scriptAsked(shoe, here, "boot.ipxe", 2500)],
    ["the site is changed", (watch) => watch.forget()],
    ["the clock is set back", (watch) => watch.loaderLoop(shoe, 1)],
  ])("are none any more when %s", (_, happens) => {
    const watch = new LoopWatch();
    loads(watch, 0, 1000, 2000);
    happens(watch);
    expect(watch.loaderLoop(shoe, 3000)).toBeUndefined();
  });

  test("never fill the memory: who was not seen for longest is forgotten", () => {
    const watch = new LoopWatch();
    loads(watch, 0, 1);
    for (let stranger = 0; stranger < 4096; stranger += 1) watch.loaderFetched(`${stranger}`, "x", 2);
    expect(loads(watch, 3)).toEqual([undefined]);
  });
});
