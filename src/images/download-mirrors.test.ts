import { execFile as execFileWithCallback, spawnSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import {
  bytes,
  mirror,
  partial,
  path,
  said,
  sha256,
  store,
  useFreshStore,
  whole,
  world,
} from "./download.fixture.ts";
import { fetchFile } from "./download.ts";
import { MirrorServer, wellBehaved } from "./mirror-server.fixture.ts";

const execFile = promisify(execFileWithCallback);
const onSmallDisk = ["--user", "--map-root-user", "--mount", "--"];
const noTmpfs = spawnSync("unshare", [...onSmallDisk, "mount", "-t", "tmpfs", "none", tmpdir()]).status !== 0;

const impatient = { stallMs: 150, leastBytes: 100 };

useFreshStore();

describe("a mirror that misbehaves", () => {
  test.each<[string, RequestListener, RegExp]>([
    ["has no such file", (_, response) => response.writeHead(404).end("no"), /it is not there \(404\)/],
    ["is broken", (_, response) => response.writeHead(503).end(), /it answers Service Unavailable \(503\)/],
    [
      "answers with a web page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<p>Log in</p>"),
      /it answers with a web page instead of the file/,
    ],
    [
      "answers with a web page that is called a file",
      (_, response) =>
        response.writeHead(200, { "content-type": "application/octet-stream" }).end("\n<!DOCTYPE html>"),
      /it answers with a web page instead of the file/,
    ],
    [
      "says nothing any more",
      (_, response) => void response.writeHead(200, { "content-length": 9 }).flushHeaders(),
      /nothing came within 150 ms/,
    ],
    [
      "sends next to nothing",
      (_, response) => void response.writeHead(200, { "content-length": bytes.length }).write("x"),
      /came within 150 ms/,
    ],
    ["says nothing at all", () => {}, /nothing came within 150 ms/],
    [
      "is longer than anything we would fetch",
      (_, response) => response.writeHead(200, { "content-length": 2 ** 30 }).end(),
      /it is longer than 1\.0 MiB/,
    ],
    [
      "never ends",
      (_, response) => {
        response.write(Buffer.alloc(2 ** 21));
      },
      /it is longer than 1\.0 MiB/,
    ],
    [
      "packs what nobody asked to be packed",
      (_, response) => response.writeHead(200, { "content-encoding": "br" }).end("x"),
      /packed with br/,
    ],
    ["hangs up each time", (request) => request.socket.destroy(), /the connection broke/],
    [
      "speaks no HTTP",
      (request) => request.socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
      /Parse Error|Expected HTTP/,
    ],
  ])("%s: the next one is asked, and what the first said is told", async (_, answer, problem) => {
    const bad = await mirror(answer);
    const limits = { ...impatient, mostBytes: 2 ** 20 };
    const alone = fetchFile({ mirrors: [bad.url], path }, world, limits);
    await expect(alone).rejects.toMatchObject({
      code: "FETCH_FAILED",
      message: expect.stringMatching(problem),
      evidence: [expect.stringContaining(bad.url)],
    });
    expect(await whole()).toEqual([]);
    const good = await mirror(wellBehaved(bytes));
    const fetched = await fetchFile({ mirrors: [bad.url, good.url], path }, world, limits);
    expect(fetched).toMatchObject({ sha256, url: `${good.url}/${path}` });
    expect(said).toContainEqual({ step: "mirror", mirror: bad.url, problem: expect.stringMatching(problem) });
  });

  test("is not there: the address it does not answer at is named", async () => {
    const gone = await MirrorServer.start(() => {});
    await gone[Symbol.asyncDispose]();
    const fetching = fetchFile({ mirrors: [gone.url], path }, world);
    await expect(fetching).rejects.toMatchObject({
      code: "FETCH_FAILED",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test.each<[string, { sha256?: string; sha512?: string; sizeBytes?: number }]>([
    ["sha256", { sha256: "0".repeat(64) }],
    ["sha512", { sha512: "0".repeat(128) }],
  ])("gives another file: by its %s it is refused and put aside", async (what, wanted) => {
    const { url } = await mirror(wellBehaved(bytes));
    const fetching = fetchFile({ mirrors: [url], path, ...wanted }, world);
    await expect(fetching).rejects.toMatchObject({
      code: "FETCH_DIGEST",
      message: expect.stringMatching(`its ${what} is [0-9a-f]+, not 0+; it was put aside as `),
    });
    expect(await whole()).toEqual([]);
    expect(await partial()).toEqual([]);
    const aside = (await readdir(join(store, "quarantine"))).toSorted();
    expect(aside).toEqual([
      expect.stringMatching(/kernel\.bin$/),
      expect.stringMatching(/kernel\.bin\.json$/),
    ]);
    expect((await readFile(join(store, "quarantine", aside[0] ?? ""))).equals(bytes)).toBe(true);
  });

  test("has another length than was published: nothing of it is fetched", async () => {
    const { url } = await mirror(wellBehaved(bytes));
    const fetching = fetchFile({ mirrors: [url], path, sizeBytes: 3 }, world);
    await expect(fetching).rejects.toThrow(/it is 200000 bytes long there, not 3/);
    expect(await partial()).toEqual([]);
  });

  test("gives another file: the next one may have the right one", async () => {
    const wrong = await mirror(wellBehaved(Buffer.from("something else")));
    const right = await mirror(wellBehaved(bytes));
    const fetched = await fetchFile({ mirrors: [wrong.url, right.url], path, sha256 }, world);
    expect(fetched.url).toBe(`${right.url}/${path}`);
  });

  test.skipIf(noTmpfs)(
    "is larger than the disk: what does not fit is named, with how much it takes",
    async () => {
      const { url } = await mirror((request, response) => {
        if (request.url === `/${path}`)
          return void response.writeHead(200, { "content-length": 9_000_000 }).end();
        response.write(Buffer.alloc(3_000_000)); // and does not say how much is still to come
      });
      const program = `
      const { fetchFile } = await import(${JSON.stringify(join(import.meta.dirname, "download.ts"))});
      const [store, mirror] = process.argv.slice(1);
      for (const path of [${JSON.stringify(path)}, "unknown.bin"]) {
        const failed = await fetchFile({ mirrors: [mirror], path }, { store, refresh: false }).catch((error) => error);
        process.stdout.write(failed.code + " " + failed.message + "\\n");
      }`;
      const mount = `mount -t tmpfs -o size=1m none "$1" && exec "$0" --input-type=module -e "$2" "$1" "$3"`;
      const inside = [...onSmallDisk, "sh", "-c", mount, process.execPath, store, program, url];
      const { stdout } = await execFile("unshare", inside);
      expect(stdout.split("\n")).toEqual([
        expect.stringMatching(/^NO_SPACE kernel\.bin: 8\.6 MiB needed, (1\.0 MiB|10\d\d\.\d KiB) free$/),
        expect.stringMatching(/^NO_SPACE unknown\.bin: more than [12]\.\d MiB needed, .* free$/),
        "",
      ]);
    },
  );

  test("asks for a password: it is given, and shown nowhere", async () => {
    const server = await mirror((request, response) => {
      const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
      if (request.headers.authorization !== basic) return void response.writeHead(401).end();
      wellBehaved(bytes)(request, response);
    });
    const withPassword = server.url.replace("//", "//me:secret@");
    const fetched = await fetchFile({ mirrors: [withPassword], path }, world);
    expect(fetched.url).toBe(`${server.url}/${path}`);
    const failing = fetchFile({ mirrors: [withPassword.replace("secret", "hidden")], path }, world);
    const error = await failing.catch((caught: unknown) => caught);
    expect(JSON.stringify(error) + String(error)).not.toContain("hidden");
    expect(JSON.stringify(said)).not.toMatch(/hidden|secret/);
  });
});
