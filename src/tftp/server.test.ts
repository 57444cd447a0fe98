import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ServedFile } from "../core/served-file.ts";
import { Timeline } from "../core/timeline.ts";
import type { TftpFacts } from "./facts.ts";
import type { TftpConfig } from "./server.ts";
import { startTftp } from "./server.ts";
import { TestClient } from "./test-client.ts";

const pattern = (sizeBytes: number) =>
  Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31) >> 3));
const inMemory = (bytes: Uint8Array): ServedFile => ({ bytes, sizeBytes: bytes.length });

async function serve(files: Record<string, ServedFile>, config: Partial<TftpConfig> = {}) {
  const timeline = new Timeline<TftpFacts>();
  const server = await startTftp(
    { address: "127.0.0.1", port: 0, timeoutMs: 40, find: (path) => files[path], ...config },
    { timeline, signal: AbortSignal.timeout(20_000) },
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { port: server.port, timeline, server };
}

const udpSockets = () => process.getActiveResourcesInfo().filter((name) => name === "UDPWrap").length;

describe("the TFTP server", () => {
  test.each([0, 1, 511, 512, 513, 70_000])("sends %i bytes in lock step", async (sizeBytes) => {
    const file = pattern(sizeBytes);
    const { port, timeline } = await serve({ "ipxe.efi": inMemory(file) });
    const client = await TestClient.open();
    const { content } = await client.fetch(port, "/ipxe.efi", {});
    expect(content.equals(file)).toBe(true);
    await expect
      .poll(() => timeline.facts("tftp.sent"))
      .toMatchObject([
        {
          id: 1,
          from: "127.0.0.1",
          file: "ipxe.efi",
          sizeBytes,
          blksize: 512,
          windowsize: 1,
          acknowledged: true,
        },
      ]);
    expect(timeline.facts("tftp.requested")).toMatchObject([{ id: 1, file: "ipxe.efi", options: {} }]);
  });

  test("sends a file from disk in windows, through losses, byte for byte", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dryboot-tftp-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = pattern(900_001);
    const path = join(folder, "kernel");
    await writeFile(path, file);
    const { port, timeline } = await serve({ kernel: { path, sizeBytes: file.length } });
    const client = await TestClient.open();
    const options = { blksize: "1428", windowsize: "16", tsize: "0" };
    const { content, oack } = await client.fetch(port, "kernel", options, (count) => count % 50 === 0);
    expect(content.equals(file)).toBe(true);
    expect(oack).toBe("blksize\x001428\0windowsize\x0016\0tsize\x00900001\0");
    await expect.poll(() => timeline.facts("tftp.sent")[0]?.resent).toBeGreaterThan(0);
  });

  test("asks nothing larger of the network than it carries", async () => {
    const { port } = await serve({ a: inMemory(pattern(9000)) }, { mtu: 1300 });
    const client = await TestClient.open();
    client.request(port, "a", { blksize: "65464" });
    expect((await client.next()).bytes.toString("latin1", 2)).toBe("blksize\x001268\0");
  });

  test("a size probe ended by ERROR 8 is a success, and no socket stays", async () => {
    const { port, timeline } = await serve({ a: inMemory(pattern(9000)) });
    const client = await TestClient.open();
    client.request(port, "a", { tsize: "0", blksize: "1468" });
    const { bytes, port: tid } = await client.next();
    expect(bytes.toString("latin1", 2)).toContain("tsize\x009000");
    client.error(tid, 8, "User aborted the transfer");
    await expect.poll(() => timeline.facts("tftp.probed")).toMatchObject([{ file: "a", sizeBytes: 9000 }]);
    expect(timeline.facts("tftp.failed")).toEqual([]);
    await expect.poll(udpSockets).toBe(2); // the server's and the client's
  });

  test("a probe and the request after it may come from one port, in whatever order they are read", async () => {
    const file = pattern(700);
    const { port, timeline } = await serve({ a: inMemory(file) });
    const client = await TestClient.open();
    client.request(port, "a", { tsize: "0" });
    const { port: tid } = await client.next();
    client.request(port, "a", { blksize: "1024" });
    client.error(tid, 8, "done");
    const oack = await client.next();
    client.ack(oack.port, 0);
    const data = await client.next();
    client.ack(data.port, 1);
    expect(data.bytes.subarray(4).equals(file)).toBe(true);
    await expect
      .poll(() =>
        timeline
          .facts()
          .map((fact) => fact.type)
          .sort(),
      )
      .toEqual(["tftp.probed", "tftp.requested", "tftp.requested", "tftp.sent"]);
  });

  test("single-port mode: one port, no other socket, and two clients at once", async () => {
    const file = pattern(90_000);
    const { port, timeline } = await serve({ a: inMemory(file) }, { singlePort: true });
    const [first, second] = await Promise.all([TestClient.open(), TestClient.open()]);
    first.request(port, "a");
    expect((await first.next()).port).toBe(port);
    const options = { blksize: "1428", windowsize: "8" };
    const { content } = await second.fetch(port, "a", options, (count) => count % 20 === 0);
    expect(content.equals(file)).toBe(true);
    first.ack(port, 1);
    expect((await first.next()).bytes.readUInt16BE(2)).toBe(2);
    first.error(port, 0, "enough");
    await expect.poll(() => timeline.facts("tftp.failed")[0]?.reason).toMatch(/enough/);
    second.ack(port, 7);
    await expect.poll(() => timeline.facts("tftp.refused")[0]?.problem).toMatch(/ACK came/);
  });

  test("finds files by the habits of firmware, and says little about names that need not be there", async () => {
    const { port, timeline } = await serve({
      "undionly.kpxe": inMemory(pattern(100)),
      "start4.elf": inMemory(pattern(200)),
    });
    const client = await TestClient.open();
    const fetched = async (file: string) => (await client.fetch(port, file, {})).content.length;
    expect(await fetched("undionly.kpxe.0")).toBe(100);
    expect(await fetched("9ffefdef/start4.elf")).toBe(200);
    expect(await fetched("/grub/x86_64-efi/command.lst")).toBe(0);
    await expect(fetched("pxelinux.cfg/default")).rejects.toThrow(/ERROR 1/);
    await expect(fetched("missing")).rejects.toThrow(/ERROR 1/);
    await expect.poll(() => timeline.facts("tftp.absent")).toMatchObject([{ file: "pxelinux.cfg/default" }]);
    expect(timeline.facts("tftp.failed")).toMatchObject([{ file: "missing", reason: "no such file" }]);
  });

  test("any other ERROR is a failure that says what the client said", async () => {
    const { port, timeline } = await serve({ a: inMemory(pattern(9000)) });
    const client = await TestClient.open();
    client.request(port, "a");
    client.error((await client.next()).port, 3, "Disk\u001b[2J full");
    await expect
      .poll(() => timeline.facts("tftp.failed")[0]?.reason)
      .toBe('the client ended it with ERROR 3 "Disk?[2J full"');
  });

  test.each([
    ["a missing file", 1, "nothing", "octet", 1],
    ["a name outside the root", 1, "../../etc/passwd", "octet", 1],
    ["a write", 2, "a", "octet", 2],
    ["a text mode", 1, "a", "netascii", 0],
  ])("%s is refused with an ERROR", async (_, opcode, file, mode, code) => {
    const { port } = await serve({ a: inMemory(pattern(10)) });
    const client = await TestClient.open();
    client.send(port, Buffer.concat([Buffer.of(0, opcode), Buffer.from(`${file}\0${mode}\0`)]));
    const { bytes } = await client.next();
    expect([bytes.readUInt16BE(0), bytes.readUInt16BE(2)]).toEqual([5, code]);
  });

  test("a repeated request is answered from the same TID, not with a second transfer", async () => {
    const { port, timeline } = await serve({ a: inMemory(pattern(900)) }, { timeoutMs: 2000 });
    const client = await TestClient.open();
    client.request(port, "a");
    const first = await client.next();
    client.request(port, "a");
    const second = await client.next();
    expect(second).toEqual(first);
    expect(timeline.facts("tftp.requested")).toHaveLength(1);
  });

  test("an address that never answers costs its owner little, whatever is asked in its name", async () => {
    const { port, timeline } = await serve(
      { a: inMemory(pattern(90_000)) },
      { timeoutMs: 20, maxTransfersPerClient: 99 },
    );
    const requests: [string, Record<string, string>, number?][] = [
      ...["4", "512", "1468"].map((blksize): [string, Record<string, string>] => ["a", { blksize }]),
      ["a", { tsize: "0" }],
      ["a", { tsize: "0", windowsize: "64", blksize: "1468" }],
      ["a", { unknown: "option" }], // answered with DATA, for there is nothing to acknowledge
      ["a", {}],
      ["missing", {}],
      ["..", {}],
      ["", {}, 2],
    ];
    const victims = await Promise.all(
      requests.map(async ([file, options, opcode]) => {
        const victim = await TestClient.open();
        victim.request(port, file, options, opcode);
        return { victim, asked: [file, "octet", ...Object.entries(options).flat()].join("\0").length + 3 };
      }),
    );
    await expect.poll(() => timeline.facts("tftp.failed"), { timeout: 3000 }).toHaveLength(9);
    for (const { victim, asked } of victims) {
      const sent = victim.packets.reduce((sum, { bytes }) => sum + bytes.length, 0);
      const data = victim.packets.filter(({ bytes }) => bytes.readUInt16BE(0) === 3);
      // RFC 1350 knows nothing smaller than a block: one for one request, and no more.
      if (data.length > 0) expect(victim.packets).toHaveLength(1);
      else expect(sent).toBeLessThanOrEqual(3 * asked);
      expect(sent).toBeGreaterThan(0);
    }
  });

  test("a stranger gets ERROR 5 and disturbs nobody", async () => {
    const file = pattern(900);
    const { port } = await serve({ a: inMemory(file) }, { timeoutMs: 2000 });
    const client = await TestClient.open();
    const stranger = await TestClient.open();
    client.request(port, "a");
    const { port: tid, bytes } = await client.next();
    stranger.ack(tid, 1);
    stranger.send(tid, Buffer.of(0));
    const { bytes: refusal } = await stranger.next();
    expect([refusal.readUInt16BE(0), refusal.readUInt16BE(2)]).toEqual([5, 5]);
    stranger.error(tid, 0, "stop");
    expect(await client.nextOrNone(50)).toBeUndefined();
    client.ack(tid, 1);
    expect(Buffer.concat([bytes.subarray(4), (await client.next()).bytes.subarray(4)]).equals(file)).toBe(
      true,
    );
  });

  test("a client that vanishes is given up after five retries, and no socket stays", async () => {
    const { port, timeline } = await serve({ a: inMemory(pattern(90_000)) }, { timeoutMs: 20 });
    const client = await TestClient.open();
    client.request(port, "a");
    client.ack((await client.next()).port, 1);
    await expect
      .poll(() => timeline.facts("tftp.failed")[0]?.reason, { timeout: 3000 })
      .toBe("the client did not answer after block 1");
    // Block 2 once and five times more: what one packet can make us send is bounded.
    expect(client.packets).toHaveLength(6);
    await expect.poll(udpSockets).toBe(2); // the server's and the client's
  });

  test("one client cannot take all sockets", async () => {
    const { port, timeline } = await serve(
      { a: inMemory(pattern(900)) },
      { maxTransfersPerClient: 2, timeoutMs: 500 },
    );
    const clients = await Promise.all([TestClient.open(), TestClient.open(), TestClient.open()]);
    for (const client of clients) client.request(port, "a");
    const answers = await Promise.all(clients.map((client) => client.nextOrNone(100)));
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(2);
    expect(timeline.facts("tftp.refused")).toMatchObject([{ problem: expect.stringMatching(/2 transfers/) }]);
  });

  test("a file that shrank since it was promised is a failure, not a wrong file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dryboot-tftp-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "initrd");
    await writeFile(path, pattern(1000));
    await truncate(path, 400);
    const { port, timeline } = await serve({ initrd: { path, sizeBytes: 1000 } });
    const client = await TestClient.open();
    await expect(client.fetch(port, "initrd", {})).rejects.toThrow(/ERROR 0/);
    await expect.poll(() => timeline.facts("tftp.failed")[0]?.reason).toMatch(/400 bytes, not the 1000/);
  });

  test("a search that fails answers the client and ends only its request", async () => {
    const find = (path: string) => {
      if (path === "bad") throw new Error("the store is on fire");
      return inMemory(pattern(10));
    };
    const { port, timeline } = await serve({}, { find });
    const client = await TestClient.open();
    await expect(client.fetch(port, "bad", {})).rejects.toThrow(/ERROR 0 the server failed/);
    expect((await client.fetch(port, "good", {})).content).toHaveLength(10);
    expect(timeline.facts("tftp.failed")[0]?.reason).toMatch(/the store is on fire/);
  });

  test("random packets do no harm", async () => {
    const { port, timeline } = await serve({ a: inMemory(pattern(10)) });
    const client = await TestClient.open();
    for (let i = 0; i < 150; i += 1)
      client.send(port, Buffer.from([0, i % 9, i & 0xff, i * 7, i * 13].slice(0, i % 6)));
    const another = await TestClient.open();
    expect((await another.fetch(port, "a", {})).content).toHaveLength(10);
    expect(timeline.facts("tftp.refused").length).toBeLessThan(10);
  });

  test("is stopped by disposal, twice if you like, in the middle of a transfer", async () => {
    const { port, timeline, server } = await serve({ a: inMemory(pattern(9000)) }, { timeoutMs: 5000 });
    const client = await TestClient.open();
    client.request(port, "a");
    await client.next();
    await Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    await expect.poll(udpSockets).toBe(1); // the client's own
    expect(timeline.facts("tftp.failed")).toMatchObject([{ reason: "the server was stopped" }]);
  });

  test("a port in use is an error a person can mend", async () => {
    const { port } = await serve({});
    await expect(serve({}, { port })).rejects.toMatchObject({ name: "DrybootError", code: "LISTEN_FAILED" });
  });
});
