import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { run } from "../../core/child.ts";
import type { Suite } from "../../host/apt-sources.ts";
import type { FetchedFile } from "../recipe.ts";

/** An archive of Debian packages that only this machine reaches, as long as it is not disposed of. */
export interface LocalArchive extends AsyncDisposable {
  /** A line of sources.list(5). */
  source: string;
}

/**
 * Serves exactly these packages as an archive of one release. Over HTTP on the loopback, because who installs from it may
 * be another user, who cannot enter a store in our home. Not signed: the digests in its index are those that Debian's own
 * signed index had, and apt holds each package to them once more.
 */
export async function serveLocalArchive(
  suite: Suite,
  packages: readonly FetchedFile[],
  options: { signal?: AbortSignal } = {},
): Promise<LocalArchive> {
  const index = (await Promise.all(packages.map((one) => indexStanza(one, options)))).join("\n");
  const texts = new Map([
    [`/dists/${suite}/Release`, releaseText(suite, index)],
    [`/dists/${suite}/main/binary-amd64/Packages`, index],
  ]);
  const files = new Map(packages.map(({ name, path }) => [`/pool/${poolName(name)}`, path]));
  const server = createServer((request, response) => {
    const text = texts.get(request.url ?? "");
    const path = files.get(request.url ?? "");
    if (text !== undefined) return void response.end(text);
    if (path === undefined) return void response.writeHead(404).end();
    // apt sees a transfer that ends early, and says so.
    void pipeline(createReadStream(path), response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening", options);
  const { port } = server.address() as AddressInfo;
  return {
    source: `deb [trusted=yes] http://127.0.0.1:${port}/ ${suite} main`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What the index says of a package: its own control file, and where the file is and what it holds. */
async function indexStanza(
  { name, path, sha256, sizeBytes }: FetchedFile,
  options: { signal?: AbortSignal },
): Promise<string> {
  const control = await run("dpkg-deb", ["--field", path], options);
  return `${control.trim()}\nFilename: pool/${poolName(name)}\nSize: ${sizeBytes}\nSHA256: ${sha256}\n`;
}

/** Without the epoch's `%3a`, which apt would encode once more. */
function poolName(name: string): string {
  return basename(name)
    .replaceAll("%3a", "-")
    .replaceAll(/[^A-Za-z0-9._-]/g, "-");
}

function releaseText(suite: Suite, index: string): string {
  const bytes = Buffer.from(index);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return [
    ...[
      "Origin: dryboot",
      `Suite: ${suite}`,
      `Codename: ${suite}`,
      "Components: main",
      "Architectures: amd64",
    ],
    "Date: Thu, 01 Jan 1970 00:00:00 UTC",
    ...["SHA256:", ` ${sha256} ${bytes.length} main/binary-amd64/Packages`, ""],
  ].join("\n");
}
