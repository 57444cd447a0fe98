/** Our whole stack as `dryboot serve` runs it, with leases and log on the disk; started by `bench/storm/inside.ts`. */
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Timeline } from "../../src/core/timeline.ts";
import type { OpenedFile } from "../../src/images/store.ts";
import { startNetboot } from "../../src/netboot.ts";
import { Chronicle } from "../../src/serve/chronicle.ts";
import type { LiveFacts } from "../../src/serve/facts.ts";
import { resolveSite } from "../../src/site/resolve.ts";
import { stormImage } from "./image.ts";
import { files, imageName, stormSite } from "./network.ts";

const [root = "", state = ""] = process.argv.slice(2);
const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
const file = async (name: string): Promise<OpenedFile> => {
  const path = join(root, name);
  return { name, path, sizeBytes: (await stat(path)).size, sha256: name.padEnd(64, "0") };
};
const { boot: site, dhcp } = resolveSite(stormSite());
const timeline = new Timeline<LiveFacts>(undefined, { keep: 1000 });
await using chronicle = new Chronicle(timeline, () => {});
await using _netboot = await startNetboot(
  {
    site,
    dhcp,
    images: new Map([[imageName, stormImage(root, await file(files.kernel), await file(files.initrd))]]),
    loaders: new Map([[files.loader, await file(files.loader)]]),
    lending: { leases: state }, // nobody looks for strangers: every address is in use on the clients' host
  },
  { timeline, signal: stopping.signal },
);
await chronicle.openLog(state);
process.stdout.write("ready\n");
await once(stopping.signal, "abort");
