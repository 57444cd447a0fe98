import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "../core/child.ts";
import { projectFolder } from "../core/folders.ts";
import { Timeline } from "../core/timeline.ts";
import type { TftpFacts } from "./facts.ts";
import { startTftp } from "./server.ts";

/** A client of another project: how it says who it is, and how it fetches a file into another. */
interface Client {
  name: string;
  present: readonly [string, RegExp];
  fetches: readonly (readonly [string, (port: string, to: string) => readonly string[]])[];
}

const remote = "boot/kernel";

const npmClient = (blockSize: number, windowSize: number) => (port: string, to: string) => [
  process.execPath,
  "-e",
  `require("tftp").createClient({ host: "127.0.0.1", port: ${port}, blockSize: ${blockSize}, windowSize: ${windowSize} })
    .get("${remote}", "${to}", (error) => { if (error) throw error; });`,
];
const atftp =
  (...options: readonly string[]) =>
  (port: string, to: string) => [
    "atftp",
    ...options.flatMap((option) => ["--option", option]),
    ...["--get", "--remote-file", remote, "--local-file", to, "127.0.0.1", port],
  ];
const curl =
  (...options: readonly string[]) =>
  (port: string, to: string) => [
    ...["curl", "-sS", "-m", "20", ...options, "-o", to, `tftp://127.0.0.1:${port}/${remote}`],
  ];

const clients: readonly Client[] = [
  {
    name: "curl",
    present: ["curl --version", /\btftp\b/],
    fetches: [
      ["its own options", curl()],
      ["no options", curl("--tftp-no-options")],
      ["blocks of 1428", curl("--tftp-blksize", "1428")],
    ],
  },
  {
    name: "atftp",
    present: ["atftp --version", /atftp[- ]\d/],
    fetches: [
      ["no options", atftp()],
      ["blocks of 1428 and the size", atftp("blksize 1428", "tsize 0")],
      ["windows of 16", atftp("blksize 1428", "windowsize 16")],
      ["windows of 64", atftp("blksize 1468", "windowsize 64")],
    ],
  },
  {
    name: "tftp-hpa",
    present: ["tftp -V", /tftp-hpa/],
    fetches: [
      ["no options", (port, to) => ["tftp", "-m", "binary", "127.0.0.1", port, "-c", "get", remote, to]],
    ],
  },
  {
    name: "BusyBox",
    present: ["busybox tftp --help", /tftp/],
    fetches: [
      ["no options", (port, to) => ["busybox", "tftp", "-g", "-r", remote, "-l", to, "127.0.0.1", port]],
      [
        "blocks of 1428",
        (port, to) => ["busybox", "tftp", "-b", "1428", "-g", "-r", remote, "-l", to, "127.0.0.1", port],
      ],
    ],
  },
  {
    name: "the npm package tftp",
    present: ["ls node_modules/tftp/package.json", /json/],
    fetches: [
      ["blocks of 512", npmClient(512, 1)],
      ["blocks of 1428 in windows of 4", npmClient(1428, 4)],
      ["blocks of 1428 in windows of 64", npmClient(1428, 64)],
    ],
  },
];

async function isPresent([command, sign]: Client["present"]): Promise<boolean> {
  const said = await run("sh", ["-c", `{ ${command}; } 2>&1 || true`], {
    timeoutMs: 5000,
    cwd: projectFolder,
  });
  return sign.test(said);
}

const file = Buffer.from(Uint8Array.from({ length: 1_500_001 }, (_, i) => (i * 31) >> 3));

for (const { name, present, fetches } of clients) {
  describe.skipIf(!(await isPresent(present)))(`${name} (skipped where it is not installed)`, () => {
    for (const singlePort of [false, true]) {
      test.each(fetches)(
        `fetches a file with %s${singlePort ? " from a single port" : ""}`,
        async (_, fetch) => {
          const timeline = new Timeline<TftpFacts>();
          const served = { bytes: file, sizeBytes: file.length };
          await using server = await startTftp(
            {
              address: "127.0.0.1",
              port: 0,
              singlePort,
              find: (path) => (path === remote ? served : undefined),
            },
            { timeline, signal: AbortSignal.timeout(20_000) },
          );
          const folder = await mkdtemp(join(tmpdir(), "dryboot-interop-"));
          onTestFinished(() => rm(folder, { recursive: true }));
          const to = join(folder, "fetched");
          const [command = "", ...args] = fetch(`${server.port}`, to);
          await run(command, args, { timeoutMs: 20_000, cwd: projectFolder });
          expect((await readFile(to)).equals(file)).toBe(true);
          await expect.poll(() => timeline.facts("tftp.sent")).toHaveLength(1);
        },
      );
    }
  });
}
