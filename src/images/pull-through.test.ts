import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { isImmutable, mirrorPath } from "./mirror-path.ts";
import { breakingAfter, MirrorServer, sha256Of, wellBehaved } from "./mirror-server.fixture.ts";
import type { Pulled, PullThroughConfig } from "./pull-through.ts";
import { PullThrough } from "./pull-through.ts";

const bytes = Buffer.from("an index".repeat(1000));
const path = "v3.19/main/x86_64/APKINDEX.tar.gz";
const never = new AbortController().signal;

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "dryboot-pull-"));
});
afterEach(() => rm(parent, { recursive: true }));

async function upstream(answer: RequestListener): Promise<MirrorServer> {
  const server = await MirrorServer.start(answer);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

const through = (config: Partial<PullThroughConfig> & Pick<PullThroughConfig, "mirrors">) =>
  new PullThrough({ folder: join(parent, "alpine"), ...config }, never);

async function textOf(pulled: Pulled): Promise<Buffer> {
  if (!("file" in pulled) || !("path" in pulled.file)) throw new Error(JSON.stringify(pulled));
  return await readFile(pulled.file.path);
}

/** Files that count. */
const kept = async () =>
  (await readdir(join(parent, "alpine")).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name));

describe("what machines fetch through us", () => {
  test("is fetched once, also when many want it at once, and served with its digest", async () => {
    const server = await upstream(wellBehaved(bytes));
    const mirror = through({ mirrors: [server.url] });
    const pulled = await Promise.all(Array.from({ length: 10 }, () => mirror.find(path)));
    for (const one of pulled) expect((await textOf(one)).equals(bytes)).toBe(true);
    expect(pulled[0]).toMatchObject({ file: { sha256: sha256Of(bytes), sizeBytes: bytes.length } });
    expect(await mirror.find(path)).not.toHaveProperty("fetched");
    expect(server.requests.map(({ url }) => url)).toEqual([`/${path}`]);
  });

  test("is still there for another process, and after the mirror went away", async () => {
    const server = await upstream(wellBehaved(bytes));
    await through({ mirrors: [server.url] }).find(path);
    server.answer = (_, response) => response.writeHead(503).end();
    const later = through({ mirrors: [server.url], freshMs: 0 });
    const pulled = await later.find(path);
    expect((await textOf(pulled)).equals(bytes)).toBe(true);
    expect(pulled).toMatchObject({ stale: expect.stringContaining("503") });
  });

  test("is asked for again when it may have changed, and only the change is fetched", async () => {
    const server = await upstream(wellBehaved(bytes));
    const mirror = through({ mirrors: [server.url], freshMs: 0 });
    await mirror.find(path);
    expect((await textOf(await mirror.find(path))).equals(bytes)).toBe(true);
    expect(server.requests[1]?.headers["if-none-match"]).toBeDefined();
    server.answer = wellBehaved(Buffer.from("newer"));
    expect(String(await textOf(await mirror.find(path)))).toBe("newer");
    server.answer = (_, response) => response.writeHead(404).end();
    expect(await mirror.find(path)).toMatchObject({ status: 404 });
  });

  test("comes from the next mirror when the first has it not", async () => {
    const [none, has] = [
      await upstream((_, response) => response.writeHead(404).end()),
      await upstream(wellBehaved(bytes)),
    ];
    const pulled = await through({ mirrors: [none.url, has.url] }).find(path);
    expect(pulled).toMatchObject({ fetched: { url: `${has.url}/${path}` } });
  });

  test("comes from a folder as it is, and from a mirror what the folder lacks", async () => {
    const folder = join(parent, "copy");
    await mkdir(join(folder, "v3.19"), { recursive: true });
    await writeFile(join(folder, "v3.19/here"), "here");
    const server = await upstream(wellBehaved(bytes));
    const mirror = through({ mirrors: [server.url, folder] });
    expect(String(await textOf(await mirror.find("v3.19/here")))).toBe("here");
    expect(server.requests).toEqual([]);
    expect((await textOf(await mirror.find(path))).equals(bytes)).toBe(true);
    expect(await through({ mirrors: [folder] }).find(path)).toMatchObject({ status: 404 });
  });
});

describe("what goes wrong behind us is told as what it is", () => {
  const limits = { stallMs: 150, leastBytes: 100, tries: 1, mostBytes: 2 ** 20 };
  test.each<[string, RequestListener, number, RegExp]>([
    ["nothing there", (_, response) => response.writeHead(404).end(), 404, /it is not there/],
    ["broken", (_, response) => response.writeHead(500).end(), 502, /500/],
    ["silent", () => {}, 504, /nothing came within 150 ms/],
    [
      "a page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("x"),
      502,
      /web page/,
    ],
    ["half a file", breakingAfter(100, bytes), 502, /connection broke/],
    [
      "too long",
      (_, response) => response.writeHead(200, { "content-length": 2 ** 21 }).end(),
      502,
      /longer than/,
    ],
  ])("%s", async (_, answer, status, reason) => {
    const server = await upstream(answer);
    const pulled = await through({ mirrors: [server.url], limits }).find(path);
    expect(pulled).toMatchObject({ status, reason: expect.stringMatching(reason) });
    expect(await kept()).toEqual([]);
  });

  test("what cannot be verified is not served, and not kept", async () => {
    const server = await upstream(wellBehaved(bytes));
    const verify = async (asked: string) =>
      asked === path ? "its signature is not over these bytes" : undefined;
    const mirror = through({ mirrors: [server.url], verify });
    expect(await mirror.find(path)).toMatchObject({
      status: 502,
      reason: expect.stringContaining("signature"),
    });
    expect(await readdir(join(parent, "alpine"))).toEqual([]);
    expect(await mirror.find("v3.19/other")).toHaveProperty("file");
  });

  test("what is not there is not asked for again at once", async () => {
    const server = await upstream((_, response) => response.writeHead(404).end());
    const mirror = through({ mirrors: [server.url] });
    for (let times = 0; times < 3; times += 1) expect(await mirror.find(path)).toMatchObject({ status: 404 });
    expect(server.requests).toHaveLength(1);
  });

  test("who wants more than can be fetched at once is told to come again", async () => {
    const server = await upstream(() => {});
    const mirror = through({ mirrors: [server.url], mostAtOnce: 2, limits });
    const first = [mirror.find("a"), mirror.find("b")];
    await expect.poll(() => server.requests.length).toBe(2);
    expect(await mirror.find("c")).toMatchObject({ status: 503 });
    for (const pulled of first) expect(await pulled).toMatchObject({ status: 504 });
  });
});

test("what was used longest ago goes when there is too much", async () => {
  const server = await upstream((request, response) => response.end(request.url?.padEnd(1000)));
  const mirror = through({ mirrors: [server.url], mostFiles: 3, mostBytes: 2500 });
  for (const name of ["a-1.apk", "b-1.apk", "c-1.apk"]) {
    await mirror.find(name);
    await new Promise((resolve) => setTimeout(resolve, 10)); // file times must differ
  }
  expect(await kept()).toHaveLength(2);
  await mirror.find("c-1.apk");
  await mirror.find("a-1.apk");
  expect(server.requests.map(({ url }) => url)).toEqual(["/a-1.apk", "/b-1.apk", "/c-1.apk", "/a-1.apk"]);
});

test.each([
  "../../etc/passwd",
  "v3.19/../../x",
  "/etc/passwd",
  "v3.19//x",
  "v3.19/.hidden/../x",
  "%2e%2e/x",
  "a\0b",
  "http://elsewhere.example/x",
  "a?b",
  "a#b",
  "a\\b",
  "",
  "x".repeat(600),
])("%j is no path of a mirror", async (asked) => {
  expect(mirrorPath(asked)).toBeUndefined();
  const server = await upstream(wellBehaved(bytes));
  expect(await through({ mirrors: [server.url] }).find(asked)).toMatchObject({ status: 404 });
  expect(server.requests).toEqual([]);
});

test("a name with its version in it stays what it is; an index does not", () => {
  expect(mirrorPath("v3.19/main/x86_64/libstdc++-13.2.1_git20231014-r0.apk")).toBeDefined();
  expect(isImmutable("v3.19/main/x86_64/yaml-0.2.5-r2.apk")).toBe(true);
  expect(isImmutable("v3.19/releases/x86_64/alpine-minirootfs-3.19.4-x86_64.tar.gz")).toBe(true);
  expect(isImmutable(path)).toBe(false);
});
