import { describe, expect, test } from "vitest";
import { filesIn } from "./boot.ts";
import { figuresOf, percentile } from "./figures.ts";
import { lossLines, stepTable, stormTable } from "./report.ts";

const through = (ms: number) => ({ ms: [ms, ms, ms, ms, ms], again: 0, bytes: 10 });
const lost = { ms: [7], again: 4, bytes: 0, lost: { step: "loader", why: "nothing came" } } as const;

describe("what a storm was like", () => {
  test("a percentile is a value that was measured", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([
      percentile(hundred, 0.5),
      percentile(hundred, 0.99),
      percentile([3], 0.99),
      percentile([], 0.5),
    ]).toEqual([...[50, 99, 3, undefined]]);
  });

  test("who is lost counts as lost, with the step and the reason, and only with the steps it came through", () => {
    const figures = figuresOf([through(1), through(2), lost]);
    expect(figures).toMatchObject({ lost: 1, again: 4, bytes: 20, perClient: { p50: 5, p99: 10 } });
    expect([...figures.losses]).toEqual([["loader: nothing came", 1]]);
    expect(figures.perStep.get("firmware DHCP")).toEqual({ p50: 2, p99: 7 });
    expect(figures.perStep.get("loader")).toEqual({ p50: 1, p99: 2 });
  });

  test("is told beside the other side's of the same round, also when nobody came through", () => {
    const result = (totalMs: number, boots: readonly (typeof lost | ReturnType<typeof through>)[]) => {
      return { totalMs, boots, cpuMs: 1, serverCpuMs: 1, peakBytes: 2 ** 20 };
    };
    const runs = [
      { round: 1, side: "dryboot", result: result(1000, [through(1)]) },
      { round: 1, side: "dnsmasq + nginx", result: result(2000, [lost]) },
    ] as const;
    const [, ours, theirs] = stormTable(runs);
    expect(ours).toMatch(/^dryboot +1\.00 s +1\.00x .* 0 +0 /);
    expect(theirs).toMatch(/^dnsmasq \+ nginx +2\.00 s +0\.50x +- +- .* 1 +4 /);
    expect(stepTable(runs).join("\n")).toMatch(/^loader +1 ms +1 ms +- +-$/m);
    expect(lossLines(runs)).toEqual(["lost in round 1, dnsmasq + nginx: 1 at loader: nothing came"]);
  });
});

test("the files of a script are those of its kernel and initrd lines, with and without options", () => {
  const script =
    "#!ipxe\nkernel --name kernel http://h/k initrd=i x=http://other || goto failed\ninitrd --name i http://h/i || goto failed\n";
  expect(filesIn(script).map(String)).toEqual(["http://h/k", "http://h/i"]);
  expect(() => filesIn("#!ipxe\nshell\n")).toThrow("without files");
});
