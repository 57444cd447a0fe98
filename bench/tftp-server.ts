/** Our TFTP server as a process of its own, as `dryboot serve` runs it; started by `bench/tftp-inside.ts`. */
import { once } from "node:events";
import { findInFolder } from "../src/core/served-folder.ts";
import { Timeline } from "../src/core/timeline.ts";
import type { TftpFacts } from "../src/tftp/facts.ts";
import { startTftp } from "../src/tftp/server.ts";

const [address = "", folder = ""] = process.argv.slice(2);
const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
const timeline = new Timeline<TftpFacts>(undefined, { keep: 10_000 });
const find = (name: string) => findInFolder(folder, name);
await using _server = await startTftp(
  { address, find, maxTransfersPerClient: 1000 },
  { timeline, signal: stopping.signal },
);
await once(stopping.signal, "abort");
