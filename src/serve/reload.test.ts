import { describe, expect, test } from "vitest";
import { DrybootError } from "../core/errors.ts";
import { Timeline } from "../core/timeline.ts";
import { checkedSite } from "../site/load.ts";
import type { Site, SiteFile } from "../site/schema.ts";
import type { ServeFacts } from "./facts.ts";
import { Reloader } from "./reload.ts";
import type { Gathered } from "./served-files.ts";

const site = (more: Partial<SiteFile> = {}) => checkedSite({ name: "here", ...more }, "site.json");
const gathered = { served: {}, warnings: [] } as unknown as Gathered;
const gather = () => Promise.resolve(gathered);

function reloaderOf(read: () => Promise<Site>, gathering = gather) {
  const timeline = new Timeline<ServeFacts>();
  const used: Site[] = [];
  const reloader = new Reloader(site(), {
    timeline,
    read,
    gather: gathering,
    use: (next) => void used.push(next),
  });
  return { reloader, timeline, used };
}

describe("a reload", () => {
  test("takes a good site into use and says what changed", async () => {
    const next = site({ machines: [{ name: "a", mac: "52:54:00:00:00:01" }] });
    const { reloader, timeline, used } = reloaderOf(() => Promise.resolve(next));
    await reloader.reload();
    expect(used).toEqual([next]);
    expect(timeline.facts()).toMatchObject([{ type: "serve.reloaded", changes: ["machine a is new"] }]);
    await reloader.reload(); // compared with what is in use now, not with what was at the start
    expect(timeline.facts("serve.reloaded")[1]?.changes).toEqual([]);
  });

  test("of a file with mistakes changes nothing and names the place, on one line", async () => {
    const { reloader, timeline, used } = reloaderOf(() => {
      throw new DrybootError("2 mistakes:\n    one\n    two", {
        code: "X",
        where: "site.ts:7",
        hint: "change it",
      });
    });
    await reloader.reload();
    expect(used).toEqual([]);
    expect(timeline.facts("serve.reload-failed")).toMatchObject([
      { problem: "2 mistakes: / one / two", where: "site.ts:7", next: "change it" },
    ]);
  });

  test("changes nothing when an image of the new site is not there", async () => {
    const { reloader, timeline, used } = reloaderOf(
      () => Promise.resolve(site()),
      () => Promise.reject(new DrybootError("not built", { code: "X", where: "store", hint: "build it" })),
    );
    await reloader.reload();
    expect([used, timeline.facts("serve.reload-failed")]).toMatchObject([[], [{ next: "build it" }]]);
  });

  test("refuses what only a restart can change", async () => {
    const { reloader, timeline, used } = reloaderOf(() =>
      Promise.resolve(site({ network: { server: "10.69.0.7" } })),
    );
    await reloader.reload();
    expect(used).toEqual([]);
    expect(timeline.facts("serve.reload-failed")[0]?.problem).toBe(
      "a running server cannot change `network.server` (from 10.69.0.1 to 10.69.0.7)",
    );
  });

  test("that is asked for while one runs reads the file once more, however often it is asked", async () => {
    let reads = 0;
    const { reloader } = reloaderOf(async () => {
      reads += 1;
      return await Promise.resolve(site());
    });
    await Promise.all([reloader.reload(), reloader.reload(), reloader.reload()]);
    expect(reads).toBe(2);
  });

  test("that is cut short by the server's end says nothing", async () => {
    const { reloader, timeline } = reloaderOf(() => Promise.reject(AbortSignal.abort().reason));
    await reloader.reload();
    expect(timeline.facts()).toEqual([]);
  });
});
