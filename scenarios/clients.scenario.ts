import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect } from "vitest";
import { projectFolder } from "../src/core/folders.ts";
import { findLoaders } from "../src/host/firmware.ts";
import { hostFiles } from "../src/host/packages.ts";
import { hostInterface } from "../src/lab/lan-host.ts";
import { scenario } from "../src/test/scenario.ts";
import { clientFiles, dhcpJudges, start } from "./dhcp-judges.ts";

/** Programs that others wrote, on hosts of the lab's segment, against our whole stack. No machine boots here. */

const { exists, isProgram } = hostFiles();
const absent = (program: string) =>
  isProgram(program) || (program.startsWith("/") && exists(program))
    ? undefined
    : `no ${program} here to ask`;

const left = "52:54:00:69:02:0a"; // of lab/two-machines, with an address of its own
const stranger = "52:54:00:69:02:ee";

/** Runs JavaScript where it finds our npm packages. */
const node = (code: string) => [
  ...["env", "--chdir", projectFolder, process.execPath, "--no-deprecation", "--eval", code],
];

const npmDhcpClient = `
const client = require("dhcp").createClient({ mac: "${left}" });
client.on("error", console.error);
client.on("message", (message) => console.log(JSON.stringify(message)));
client.on("listening", () => client.sendDiscover());
client.listen();
`;

describe("a real DHCP client", () => {
  scenario.for(Object.entries(dhcpJudges))(
    "%s is told what the site says, and gives it back",
    async ([name, judge], { lab, skip }) => {
      const why = absent(judge.program);
      skip(why !== undefined, why);
      const netboot = await lab.netboot("two-machines");
      const stateOf = (mac: string) => netboot.dhcp.leases().find((lease) => lease.mac === mac)?.state;

      for (const [mac, address] of [
        [left, /^10\.69\.0\.10$/],
        [stranger, /^10\.69\.0\.(?:1\d\d|200)$/],
      ] as const) {
        const host = await lab.host({ mac });
        const files = await clientFiles(`${name} ${mac}`);
        const client = start(host, judge.asks(files));
        await client.says(/^told .*\n/m);
        const told = Object.fromEntries(
          [...client.output.matchAll(/(\w+)=(\S*)/g)].map(([, key, value]) => [key, value]),
        );
        expect(told).toMatchObject({
          ...{ ip: expect.stringMatching(address), mask: "255.255.255.0", server: "10.69.0.1" },
          ...{ dns: "10.69.0.1", domain: "lab.internal", lent: "43200" },
        });
        expect(stateOf(mac)).toBe("bound");
        await judge.release(client, host, files);
        await expect.poll(() => stateOf(mac), { timeout: 5000 }).not.toBe("bound");
      }
      expect(lab.facts("dhcp.malformed")).toEqual([]);
      expect(lab.facts("dhcp.received").flatMap(({ issues = [] }) => issues)).toEqual([]);
    },
  );

  scenario(
    "the npm package dhcp reads our offer, and is left alone with a request that names no address",
    async ({ lab }) => {
      await lab.netboot("two-machines");
      const host = await lab.host({ mac: left });
      // Of its own it has no way to the broadcast address.
      await host.run("ip", ["route", "add", "255.255.255.255", "dev", hostInterface]);
      const client = start(host, node(npmDhcpClient));

      await client.says(/"yiaddr":"10\.69\.0\.10".*"6":\["10\.69\.0\.1"\].*"15":"lab\.internal"/);
      const silent = () =>
        lab.facts("dhcp.silent").map(({ messageType, reason }) => `${messageType}: ${reason}`);
      await expect.poll(silent, { timeout: 5000 }).toEqual(["DHCPREQUEST: its request names no address"]);
    },
  );

  scenario(
    "perfdhcp asks for fifty at a hundred a second, and every one is answered",
    async ({ lab, skip }) => {
      const why = absent("perfdhcp");
      skip(why !== undefined, why);
      await lab.netboot("two-machines");
      const host = await lab.host({ address: "10.69.0.50/24" });
      const load = start(host, [
        // Over with its 50th REQUEST: told by DISCOVERs, it leaves OFFERs that come late on a busy machine.
        ...["perfdhcp", "-4", "-r", "100", "-R", "50", "-n", "2000", "-n", "50"],
        ...["-W", "1000000", "-l", "10.69.0.50", "10.69.0.1"], // it waits a second (in µs) for the last answers
      ]);
      await load.ended;
      const counts = (what: string) =>
        [...load.output.matchAll(new RegExp(`^${what}: (\\d+)$`, "gm"))].map(([, count]) => Number(count));
      const sent = counts("sent packets");
      expect(sent).toHaveLength(2); // DISCOVERs and REQUESTs; it may send one more than it was told
      expect(Math.min(...sent)).toBeGreaterThanOrEqual(50);
      expect(counts("received packets")).toEqual(sent);
      expect(counts("drops")).toEqual([0, 0]);
    },
  );
});

/** TFTP clients: what each is started with, and the options it must have asked for. */
const tftpJudges: Readonly<
  Record<string, { program: string; fetches(file: string, to: string): string[]; asks: object }>
> = {
  "tftp-hpa": {
    program: "tftp",
    fetches: (file, to) => ["tftp", "-m", "binary", "10.69.0.1", "-c", "get", file, to],
    asks: {},
  },
  "atftp with its defaults": {
    program: "atftp",
    fetches: (file, to) => ["atftp", "-g", "-r", file, "-l", to, "10.69.0.1"],
    asks: {},
  },
  "atftp with a window of 16": {
    program: "atftp",
    fetches: (file, to) => [
      ...["atftp", "--option", "windowsize 16", "--option", "blksize 1428"],
      ...["-g", "-r", file, "-l", to, "10.69.0.1"],
    ],
    asks: { windowsize: "16", blksize: "1428" },
  },
  "curl with blocks of 1468 bytes": {
    program: "curl",
    fetches: (file, to) => ["curl", "-sS", "--tftp-blksize", "1468", "-o", to, `tftp://10.69.0.1/${file}`],
    asks: { blksize: "1468", tsize: "0" },
  },
  "curl without options": {
    program: "curl",
    fetches: (file, to) => ["curl", "-sS", "--tftp-no-options", "-o", to, `tftp://10.69.0.1/${file}`],
    asks: {},
  },
  "BusyBox's tftp": {
    program: "busybox",
    fetches: (file, to) => ["busybox", "tftp", "-g", "-b", "1428", "-r", file, "-l", to, "10.69.0.1"],
    asks: { blksize: "1428" },
  },
  "the npm package tftp": {
    program: "env",
    fetches: (file, to) =>
      node(`
        const client = require("tftp").createClient({ host: "10.69.0.1" });
        client.get(${JSON.stringify(file)}, ${JSON.stringify(to)}, (error) => {
          if (error) throw error;
        });`),
    asks: { windowsize: "4", blksize: "1468" },
  },
};

describe("a real TFTP client", () => {
  scenario.for(Object.entries(tftpJudges))(
    "%s gets every byte of a loader",
    async ([name, { program, fetches, asks }], { lab, skip, signal }) => {
      const why = absent(program);
      skip(why !== undefined, why);
      const loader = (await findLoaders({ signal }))["snponly.efi"];
      if (loader === undefined) return skip("no iPXE here to fetch");
      await lab.netboot("two-machines");
      const host = await lab.host({ address: "10.69.0.50/24" });
      const to = (await clientFiles(name)).leases;
      const client = start(host, fetches("snponly.efi", to));
      expect([await client.ended, client.output]).toEqual([0, expect.any(String)]);

      expect(
        createHash("sha256")
          .update(await readFile(to))
          .digest("hex"),
      ).toBe(loader.sha256);
      expect(lab.facts("tftp.requested")).toMatchObject([{ file: "snponly.efi", options: asks }]);
      expect(lab.facts("tftp.sent")).toMatchObject([{ sizeBytes: loader.sizeBytes, acknowledged: true }]);
      expect(lab.facts("tftp.failed")).toEqual([]);
    },
  );
});

scenario(
  "dig finds machines by name and by address, over UDP and TCP, and is told what there is not",
  async ({ lab, skip }) => {
    const why = absent("dig");
    skip(why !== undefined, why);
    await lab.netboot("two-machines");
    const host = await lab.host({ address: "10.69.0.50/24" });
    const dig = (...words: string[]) => host.run("dig", ["@10.69.0.1", "+tries=1", "+time=5", ...words]);

    expect(await dig("+short", "left.lab.internal")).toBe("10.69.0.10");
    expect(await dig("+short", "+tcp", "left.lab.internal")).toBe("10.69.0.10");
    expect(await dig("+short", "-x", "10.69.0.10")).toBe("left.lab.internal.");
    expect(await dig("nobody.lab.internal")).toMatch(/status: NXDOMAIN(.|\n)*AUTHORITY: 1/);
    expect(await dig("left.lab.internal", "AAAA")).toMatch(/status: NOERROR(.|\n)*ANSWER: 0/);
    expect(await dig("example.org")).toContain("status: REFUSED");
    expect(lab.facts("dns.malformed")).toEqual([]);
  },
);
