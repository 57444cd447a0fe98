import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { programAt, Segment, whyNoSegment } from "./segment.ts";

const noSegment = whyNoSegment();
const busybox = programAt("/bin/busybox", "/usr/bin/busybox");
const dnsmasq = programAt("/usr/sbin/dnsmasq", "/usr/bin/dnsmasq");
const curl = programAt("/usr/bin/curl");
const noCurl = curl === undefined ? "no curl here to fetch the loader" : undefined;
const noUdhcpc = busybox === undefined ? "no busybox here, whose udhcpc would ask" : undefined;
const noDnsmasq = dnsmasq === undefined ? "no dnsmasq here to be the other server" : undefined;

const machine = { name: "node1", mac: "52:54:00:69:00:0a", ip: "10.69.0.10" };
const serving = /serving here on lan0/;

/** Asks for an address as an operating system does; what it was given, or that nobody answered. */
async function leaseOf(segment: Segment, ...more: string[]): Promise<string> {
  const script = join(segment.folder, "told.sh");
  await writeFile(script, '#!/bin/sh\n[ "$1" = bound ] && echo "lease $ip of $serverid"\nexit 0\n');
  await chmod(script, 0o755);
  const udhcpc = [busybox ?? "busybox", "udhcpc", "-i", segment.clientInterface, "-s", script];
  const client = segment.start(segment.client, [...udhcpc, "-f", "-n", "-q", "-t", "3", "-T", "1", ...more]);
  await client.ended;
  return /^lease .*$/m.exec(client.output)?.[0] ?? "nobody answered";
}

/** dnsmasq on the client's side, handing out addresses of the same network. */
async function startForeignServer(segment: Segment): Promise<void> {
  const { client, clientInterface, folder } = segment;
  execFileSync("ip", ["-n", client, "addr", "add", "10.69.0.2/24", "dev", clientInterface]);
  const only = ["--conf-file=/dev/null", "--port=0", `--interface=${clientInterface}`, "--user=root"];
  const leases = [`--dhcp-leasefile=${join(folder, "dnsmasq.leases")}`, "--dhcp-range=10.69.0.50,10.69.0.60"];
  const server = segment.start(client, [dnsmasq ?? "dnsmasq", "--no-daemon", ...only, ...leases]);
  await server.says(/IP range/);
}

const userOf = (pid: number) => /^Uid:\s+(.*)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

describe.skipIf(noSegment !== undefined)(`dryboot serve${noSegment ? ` (${noSegment})` : ""}`, () => {
  test("answers a machine, gives up root, tells its status and its log, and stops within a second", async (context) => {
    context.skip(noUdhcpc !== undefined, noUdhcpc);
    using segment = new Segment();
    const server = segment.serve(await segment.site({ machines: [machine] }));
    await server.says(serving);
    expect(userOf(server.pid)).toMatch(/^65534(\s+65534){3}$/); // nobody: real, effective, saved, for files
    expect(await leaseOf(segment)).toBe("lease 10.69.0.10 of 10.69.0.1");

    const status = segment.dryboot("status", "--state", segment.state, "--json");
    expect(await status.ended).toBe(0);
    expect(JSON.parse(status.output)).toMatchObject({
      ...{ pid: server.pid, user: "nobody", mode: "server", leases: { bound: 1 } },
      bound: [{ address: "10.69.0.10", machine: "node1" }],
    });
    const follower = segment.dryboot("logs", "--state", segment.state, "--machine", "node1", "--follow");
    await follower.says(/node1 .* DHCPACK .* 10\.69\.0\.10/);

    const begin = performance.now();
    server.signal("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(await follower.ended).toBe(0);
    const log = segment.dryboot("logs", "--state", segment.state);
    expect(await log.ended).toBe(0);
    expect(log.output).toMatch(/DHCPACK(.|\n)*stopped after/);
    const gone = segment.dryboot("status", "--state", segment.state);
    expect([await gone.ended, gone.output]).toEqual([1, expect.stringContaining("NOT_SERVING")]);
  });

  test("sees a firmware go round with its loader, and says so in its log", async (context) => {
    context.skip(noUdhcpc !== undefined || noCurl !== undefined, noUdhcpc ?? noCurl);
    using segment = new Segment();
    const bootable = {
      machines: [{ ...machine, image: "rescue" }],
      images: { rescue: { recipe: "rescue" } },
    };
    const server = segment.serve(await segment.site(bootable));
    await server.says(serving);
    expect(await leaseOf(segment, "-V", "PXEClient:Arch:00000:UNDI:002001")).toBe(
      "lease 10.69.0.10 of 10.69.0.1",
    );
    execFileSync("ip", [
      "-n",
      segment.client,
      "addr",
      "add",
      "10.69.0.10/24",
      "dev",
      segment.clientInterface,
    ]);
    for (const _ of [1, 2, 3]) {
      const fetching = segment.start(segment.client, [
        curl ?? "curl",
        "-s",
        "-o",
        "/dev/null",
        "tftp://10.69.0.1/undionly.kpxe",
      ]);
      expect(await fetching.ended).toBe(0);
    }
    await server.says(/node1 .*goes round in circles: loader undionly\.kpxe 3 times/);
    const boots = segment.dryboot("logs", "--state", segment.state, "--boots", "--json");
    expect(await boots.ended).toBe(0);
    expect(JSON.parse(boots.output)).toMatchObject({ machine: "node1", stop: { id: "loader-loop" } });
  });

  test("tells of a circle behind another boot API, and passes on what that says all the same", async (context) => {
    context.skip(noCurl !== undefined, noCurl);
    using segment = new Segment();
    execFileSync("ip", ["-n", segment.client, "addr", "add", "10.69.0.2/24", "dev", segment.clientInterface]);
    const api = segment.start(segment.client, [
      ...[process.execPath, "--eval"],
      `require("node:http").createServer((_, response) => response.end('{"kernel": "http://10.69.0.2/k"}'))
        .listen(8080, () => console.log("listening"));`,
    ]);
    await api.says(/listening/);
    const server = segment.serve(await segment.site({ api: { url: "http://10.69.0.2:8080" } }), "--force");
    await server.says(serving);
    for (const _ of [1, 2, 3, 4]) {
      const url = "http://10.69.0.1/boot.ipxe?mac=52-54-00-69-00-0b";
      const asking = segment.start(segment.client, [curl ?? "curl", "-s", url]);
      expect([await asking.ended, asking.output]).toEqual([0, expect.stringContaining("http://10.69.0.2/k")]);
    }
    await server.says(
      /goes round in circles: script boot\.ipxe 3 times .*another boot API says what it boots/,
    );
  });

  test("reads its site again on SIGHUP, and keeps the old one when the new one is wrong", async (context) => {
    context.skip(noUdhcpc !== undefined, noUdhcpc);
    using segment = new Segment();
    const server = segment.serve(await segment.site({ machines: [machine] }), "--force");
    let said = await server.says(serving);
    const reload = async (site: object | string, sign: RegExp) => {
      await segment.site(site);
      server.signal("SIGHUP");
      said = await server.says(sign, said);
    };

    await reload({ machines: [{ ...machine, ip: "10.69.0.11" }] }, /site reloaded: machine node1 changed/);
    expect(await leaseOf(segment)).toBe("lease 10.69.0.11 of 10.69.0.1");
    await reload({ machines: [{ name: "node1" }] }, /not reloaded.*`machines\[0\]\.mac` is missing/);
    await reload('{\n "name": "here",,\n}', /not reloaded.*not JSON.*line 2/);
    await reload({ network: { server: "10.69.0.7" } }, /not reloaded.*`network\.server`.*restart/);
    expect(await leaseOf(segment)).toBe("lease 10.69.0.11 of 10.69.0.1");
  });

  test("keeps a SIGHUP that comes while it still looks for other servers, and reloads once it is up", async () => {
    using segment = new Segment();
    const server = segment.serve(await segment.site({ machines: [machine] }));
    // Its state folder is made before it looks around, which takes four seconds.
    await expect.poll(() => existsSync(segment.state), { timeout: 20_000 }).toBe(true);
    server.signal("SIGHUP");
    await segment.site({ machines: [{ ...machine, ip: "10.69.0.12" }] });
    await server.says(/serving here(.|\n)*site reloaded: machine node1 changed/);
    server.signal("SIGTERM");
    expect(await server.ended).toBe(0);
  });

  test("goes on after kill -9 with the leases it had, and with what it left lying about", async (context) => {
    context.skip(noUdhcpc !== undefined, noUdhcpc);
    using segment = new Segment();
    const site = await segment.site({});
    const killed = segment.serve(site, "--force");
    await killed.says(serving);
    const lease = await leaseOf(segment);
    expect(lease).toMatch(/^lease 10\.69\.0\.\d+ of/);
    killed.kill();
    await killed.ended;

    const server = segment.serve(site, "--force");
    await server.says(/1 leases? loaded/);
    await server.says(serving);
    expect(await leaseOf(segment)).toBe(lease);
    const status = segment.dryboot("status", "--state", segment.state, "--json");
    expect(await status.ended).toBe(0);
    expect(JSON.parse(status.output)).toMatchObject({ pid: server.pid, leases: { bound: 1 } });
  });

  test("refuses to be a second DHCP server, says who the first is, and obeys --force", async (context) => {
    context.skip(noDnsmasq !== undefined, noDnsmasq);
    using segment = new Segment();
    await startForeignServer(segment);
    const site = await segment.site({ machines: [machine] });
    const refused = segment.serve(site);
    expect(await refused.ended).toBe(1);
    expect(refused.output).toMatch(
      /10\.69\.0\.2 offered 10\.69\.0\.(?:5\d|60)(.|\n)*--force {2}\[FOREIGN_DHCP_SERVER\]/,
    );
    await segment.serve(site, "--force").says(serving);
  });

  test("stays silent in a dry run, and says what it would have answered", async (context) => {
    context.skip(noUdhcpc !== undefined, noUdhcpc);
    using segment = new Segment();
    const server = segment.serve(await segment.site({ machines: [machine] }), "--dry-run");
    await server.says(serving);
    expect(await leaseOf(segment)).toBe("nobody answered");
    await server.says(/node1 .* would send DHCPOFFER to 52:54:00:69:00:0a: 10\.69\.0\.10/);
    expect(server.output).not.toMatch(/DHCPOFFER(?<!would send DHCPOFFER)/);
  });

  test("serves boot files from root's own store as a user who cannot enter it", async () => {
    using segment = new Segment();
    const images = { rescue: { recipe: "rescue" } };
    const server = segment.serve(await segment.site({ images, defaultImage: "rescue" }), "--force", "--json");
    await server.says(/"type":"serve.started"/, 0, 120_000); // the image may have to be built first
    const address = "http://10.69.0.1/images/rescue/vmlinuz";
    const fetched = segment.start(segment.server, [
      process.execPath,
      "--eval",
      `
      const response = await fetch("${address}");
      console.log(response.status, (await response.arrayBuffer()).byteLength > 1e6);`,
    ]);
    expect([await fetched.ended, fetched.output]).toEqual([0, "200 true\n"]);
  });

  test.each<[string, string[], RegExp]>([
    ["a misspelt interface", ["--interface", "lan1"], /no interface `lan1`(.|\n)*did you mean `lan0`\?/],
    ["an interface without the address", ["--interface", "lo"], /10\.69\.0\.1, .* is on lan0 and not on lo/],
    ["a user that is none", ["--user", "nobody-here"], /no user `nobody-here`/],
  ])("refuses %s and says what to do", async (_, flags, says) => {
    using segment = new Segment();
    const server = segment.serve(await segment.site({}), ...flags);
    expect(await server.ended).toBe(2);
    expect(server.output).toMatch(says);
  });

  test("says what to type when the interface is down or has no address", async () => {
    using segment = new Segment();
    const site = await segment.site({});
    execFileSync("ip", ["-n", segment.server, "addr", "flush", "dev", "lan0"]);
    const bare = segment.serve(site);
    expect(await bare.ended).toBe(2);
    expect(bare.output).toContain("`ip addr add 10.69.0.1/24 dev lan0`");
    execFileSync("ip", ["-n", segment.server, "link", "set", "lan0", "down"]);
    const down = segment.serve(site);
    expect(await down.ended).toBe(2);
    expect(down.output).toContain("`ip link set lan0 up`");
  });

  test("says which port is taken, and does not become a second server of one state folder", async () => {
    using segment = new Segment();
    const site = await segment.site({});
    await segment.serve(site, "--force").says(serving);
    const busy = segment.serve(site, "--force", "--state", join(segment.folder, "other"));
    expect(await busy.ended).toBe(1);
    expect(busy.output).toMatch(/cannot listen for TFTP on udp 10\.69\.0\.1:69(.|\n)*\[LISTEN_FAILED\]/);
    const twice = segment.serve(site, "--force");
    expect(await twice.ended).toBe(1);
    expect(twice.output).toContain("[ALREADY_SERVING]");
  });

  test("needs root, or the capability, for its ports", async () => {
    using segment = new Segment();
    const site = await segment.site({});
    // Root in name only: another user might not be allowed to read this checkout.
    const powerless = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--"];
    const main = join(import.meta.dirname, "../../src/cli/main.ts");
    const serve = [process.execPath, main, "serve", site, "--interface", "lan0", "--state", segment.state];
    const server = segment.start(segment.server, [...powerless, ...serve]);
    expect(await server.ended).toBe(1);
    expect(server.output).toMatch(/EACCES(.|\n)*need root or CAP_NET_BIND_SERVICE/);
  });
});
