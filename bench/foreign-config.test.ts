import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dnsmasqConfig, nginxConfig } from "./foreign-config.ts";

const segment = {
  interface: "lo",
  server: "10.69.0.1",
  machine: { name: "node1", mac: "52:54:00:69:00:0a", ip: "10.69.0.10" },
};
const path = `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin`;
const isInstalled = (name: string, flag: string) =>
  spawnSync(name, [flag], { env: { PATH: path } }).error === undefined;

describe("what dnsmasq is told", () => {
  const options = { tftpRoot: "/dev/shm", scratch: "/dev/shm" };

  test("differs by Router Advertisements alone", () => {
    const without = dnsmasqConfig(segment, { ...options, advertise: false }).split("\n");
    const more = dnsmasqConfig(segment, { ...options, advertise: true }).split("\n");
    expect(more.filter((line) => !without.includes(line))).toEqual([
      "enable-ra",
      "dhcp-range=fd69::,ra-only",
    ]);
    expect(without.filter((line) => !more.includes(line))).toEqual([]);
  });

  test.skipIf(!isInstalled("dnsmasq", "--version"))(
    "is understood by dnsmasq (skipped without it)",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "dryboot-dnsmasq-"));
      try {
        const file = join(folder, "dnsmasq.conf");
        await writeFile(file, dnsmasqConfig(segment, { ...options, advertise: true }));
        const { status, stderr } = spawnSync("dnsmasq", ["--test", `--conf-file=${file}`], {
          env: { PATH: path },
          encoding: "utf8",
        });
        expect(stderr).toContain("syntax check OK");
        expect(status).toBe(0);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

test("nginx keeps all it writes in the scratch folder", () => {
  const config = nginxConfig("10.69.0.1", { root: "/srv/files", scratch: "/dev/shm" });
  const paths = [...config.matchAll(/(?:_temp_path|pid) (\S+);/g)].map(([, where]) => where);
  expect(paths).toHaveLength(6);
  for (const where of paths) expect(where).toMatch(/^\/dev\/shm\//);
});
