import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
import { fetchFile, fetchFiles } from "./download.ts";
import { breakingAfter, sha256Of, wellBehaved } from "./mirror-server.fixture.ts";
import type { ImageProgress } from "./progress.ts";

useFreshStore();

describe("a file of a mirror", () => {
  test("comes whole, is named by what it holds, and is not asked for again", async () => {
    const { url, requests } = await mirror(wellBehaved(bytes));
    const fetched = await fetchFile({ mirrors: [url], path, sha256 }, world);
    expect(fetched).toMatchObject({ name: "kernel.bin", url: `${url}/${path}`, sha256, sizeBytes: 200_000 });
    expect((await readFile(fetched.path)).equals(bytes)).toBe(true);
    expect(await fetchFile({ mirrors: [url], path, sha256 }, world)).toEqual(fetched);
    expect(await fetchFile({ mirrors: [url], path }, world)).toEqual(fetched);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers["accept-encoding"]).toBe("identity");
    expect(await partial()).toEqual([]);
  });

  test("is asked for anew where newer is wanted, and stays when it is still the same", async () => {
    const server = await mirror(wellBehaved(bytes));
    const wanted = { mirrors: [server.url], path };
    const fetched = await fetchFile(wanted, world);
    expect(await fetchFile(wanted, { ...world, refresh: true })).toEqual(fetched);
    expect(server.requests[1]?.headers["if-none-match"]).toMatch(/^"/);
    const newer = Buffer.from("another kernel");
    server.answer = wellBehaved(newer);
    expect(await fetchFile(wanted, { ...world, refresh: true })).toMatchObject({ sha256: sha256Of(newer) });
    expect(await fetchFile(wanted, world)).toMatchObject({ sha256: sha256Of(newer) });
  });

  test("is fetched again when the store's copy was damaged", async () => {
    const { url, requests } = await mirror(wellBehaved(bytes));
    const { path: at } = await fetchFile({ mirrors: [url], path }, world);
    await writeFile(at, "damaged");
    const again = await fetchFile({ mirrors: [url], path }, world);
    expect((await readFile(again.path)).equals(bytes)).toBe(true);
    expect(requests).toHaveLength(2);
  });

  test("says how far it is", async () => {
    const { url } = await mirror(wellBehaved(bytes));
    await fetchFile({ mirrors: [url], path }, world);
    expect(said.at(-1)).toEqual({
      ...{ step: "fetch", file: "kernel.bin", doneBytes: bytes.length, sizeBytes: bytes.length },
    });
  });

  test("goes on where it broke off, and asks for the rest of the same file only", async () => {
    const server = await mirror(breakingAfter(120_000, bytes));
    server.answer = (request, response) => {
      const answer = request.headers.range ? wellBehaved(bytes) : breakingAfter(120_000, bytes);
      answer(request, response);
    };
    const fetched = await fetchFile({ mirrors: [server.url], path, sha256 }, world);
    expect(fetched.sizeBytes).toBe(bytes.length);
    expect(server.requests[1]?.headers).toMatchObject({
      "if-range": `"${sha256.slice(0, 16)}"`,
      range: expect.stringMatching(/^bytes=[1-9]\d*-$/),
    });
  });

  test("begins anew when the file changed while it was away", async () => {
    const other = Buffer.from(bytes.toReversed());
    const server = await mirror(breakingAfter(120_000, other));
    server.answer = (request, response) =>
      (server.requests.length === 1 ? breakingAfter(120_000, other) : wellBehaved(bytes))(request, response);
    expect(await fetchFile({ mirrors: [server.url], path }, world)).toMatchObject({ sha256 });
  });

  test("is fetched once more from the start when a mirror joins two files into one", async () => {
    const other = Buffer.from(bytes.toReversed());
    const lying: RequestListener = (request, response) => {
      if (!request.headers.range) return breakingAfter(120_000, bytes)(request, response);
      const from = Number(/\d+/.exec(request.headers.range)?.[0]);
      const headers = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
      response.writeHead(206, headers).end(other.subarray(from));
    };
    const server = await mirror(lying);
    server.answer = (request, response) =>
      (server.requests.length <= 2 ? lying : wellBehaved(bytes))(request, response);
    expect(await fetchFile({ mirrors: [server.url], path, sha256 }, world)).toMatchObject({ sha256 });
    expect(server.requests).toHaveLength(3);
  });

  test("goes on after a process that was killed in the middle, of which nothing counts as whole", async () => {
    const server = await mirror((_, response) => {
      response.writeHead(200, { etag: `"${sha256.slice(0, 16)}"`, "content-length": bytes.length });
      response.write(bytes.subarray(0, 100_000));
    });
    const program = `
      const { fetchFile } = await import(${JSON.stringify(join(import.meta.dirname, "download.ts"))});
      const [store, mirror] = process.argv.slice(1);
      await fetchFile({ mirrors: [mirror], path: ${JSON.stringify(path)} }, { store, refresh: false });`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, store, server.url]);
    const written = async () => {
      const [name = ""] = (await partial().catch(() => [])).filter((one) => !one.endsWith(".json"));
      return name === "" ? 0 : (await stat(join(store, "downloads/partial", name))).size;
    };
    await expect.poll(written, { timeout: 30_000 }).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await once(child, "close");
    expect(await whole()).toEqual([]);
    server.answer = wellBehaved(bytes);
    expect(await fetchFile({ mirrors: [server.url], path, sha256 }, world)).toMatchObject({ sha256 });
    expect(server.requests[1]?.headers.range).toBeDefined();
  });

  test("is fetched once by two that want it at the same time", async () => {
    const { url, requests } = await mirror(wellBehaved(bytes));
    const wanted = { mirrors: [url], path };
    const [one, two] = await Promise.all([fetchFile(wanted, world), fetchFile(wanted, world)]);
    expect(one).toEqual(two);
    expect(requests).toHaveLength(1);
  });

  test("may be elsewhere, but not where anybody could change it", async () => {
    const there = await mirror(wellBehaved(bytes));
    const here = await mirror((_, response) =>
      response.writeHead(302, { location: `${there.url}/there/kernel.bin` }).end(),
    );
    expect(await fetchFile({ mirrors: [here.url], path }, world)).toMatchObject({ sha256 });
    const round = await mirror((_, response) => response.writeHead(302, { location: "/again" }).end());
    await expect(fetchFile({ mirrors: [round.url], path }, world)).rejects.toThrow(/more than 5 times/);
    const strange = await mirror((_, response) =>
      response.writeHead(302, { location: "file:///etc/passwd" }).end(),
    );
    await expect(fetchFile({ mirrors: [strange.url], path }, world)).rejects.toThrow(/leads from http:/);
  });

  test("stops when it is stopped, and may go on later", async () => {
    const server = await mirror((_, response) => {
      response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, 1000));
    });
    const stop = new AbortController();
    const onProgress = (progress: ImageProgress) => {
      if (progress.step === "fetch" && progress.doneBytes > 0) stop.abort();
    };
    const fetching = fetchFile(
      { mirrors: [server.url], path },
      { ...world, signal: stop.signal, onProgress },
    );
    await expect(fetching).rejects.toMatchObject({ name: "AbortError" });
    expect(await whole()).toEqual([]);
  });
});

describe("a folder as a mirror", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-mirror-"));
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("gives its file as it is now", async () => {
    const fetched = await fetchFile({ mirrors: [folder], path }, world);
    expect(fetched).toMatchObject({ sha256, url: join(folder, path) });
    await writeFile(join(folder, path), "newer");
    expect(await fetchFile({ mirrors: [folder], path }, world)).toMatchObject({ sizeBytes: 5 });
    expect(await partial()).toEqual([]);
  });

  test("is left out of when it lacks the file, or the file lies outside", async () => {
    await symlink("/etc/passwd", join(folder, "v1/secret"));
    const { url } = await mirror(wellBehaved(bytes));
    expect(await fetchFile({ mirrors: [folder, url], path: "v1/other" }, world)).toMatchObject({ sha256 });
    for (const outside of ["v1/secret", "../../../etc/passwd"]) {
      const fetching = fetchFile({ mirrors: [folder], path: outside }, world);
      await expect(fetching).rejects.toThrow(/it is not there/);
    }
  });

  test("gives a damaged file: it is put aside", async () => {
    const fetching = fetchFile({ mirrors: [folder], path, sha256: "0".repeat(64) }, world);
    await expect(fetching).rejects.toMatchObject({ code: "FETCH_DIGEST" });
    expect(await readdir(join(store, "quarantine"))).toHaveLength(2);
  });
});

describe("several files", () => {
  test("come in their order, a few at a time", async () => {
    let running = 0;
    let most = 0;
    const { url } = await mirror((request, response) => {
      running += 1;
      most = Math.max(most, running);
      response.on("close", () => {
        running -= 1;
      });
      setImmediate(() => response.end(request.url));
    });
    const wanted = Array.from({ length: 12 }, (_, at) => ({ mirrors: [url], path: `file-${at}` }));
    const fetched = await fetchFiles(wanted, world);
    expect(fetched.map(({ name }) => name)).toEqual(wanted.map((one) => one.path));
    expect(most).toBeLessThanOrEqual(4);
    expect(said.some((one) => one.step === "fetch" && one.files?.all === 12)).toBe(true);
  });

  test("fail together with the first that cannot be had", async () => {
    const { url } = await mirror((request, response) => {
      if (request.url === "/bad") response.writeHead(404).end();
    });
    const wanted = ["slow-1", "bad", "slow-2"].map((one) => ({ mirrors: [url], path: one }));
    await expect(fetchFiles(wanted, world)).rejects.toMatchObject({ code: "FETCH_FAILED" });
    expect(await whole()).toEqual([]);
  });
});
