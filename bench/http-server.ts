/** Our HTTP server as a process of its own over a folder; started by `bench/http-inside.ts`. */
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Timeline } from "../src/core/timeline.ts";
import type { HttpFacts } from "../src/http/facts.ts";
import { startHttp } from "../src/http/server.ts";

const [root = "", port = "", hotBytes = ""] = process.argv.slice(2);
const stopping = new AbortController();
process.on("SIGTERM", () => stopping.abort());
const files = new Map(
  await Promise.all(
    (await readdir(root)).map(async (name) => {
      const path = join(root, name);
      return [name, { path, sizeBytes: (await stat(path)).size, sha256: name }] as const;
    }),
  ),
);
await using _server = await startHttp(
  {
    address: "127.0.0.1",
    port: Number(port),
    maxConnectionsPerClient: 4096, // all clients of the bench have one address
    hotBytes: Number(hotBytes),
    answer({ path }) {
      const file = files.get(path);
      return file ? { file } : { status: 404, text: "" };
    },
  },
  { timeline: new Timeline<HttpFacts>(undefined, { keep: 10_000 }), signal: stopping.signal },
);
process.stdout.write("ready\n");
await once(stopping.signal, "abort");
