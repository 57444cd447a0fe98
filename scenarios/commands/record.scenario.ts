import { readFileSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCapture } from "../../src/wire/capture.ts";
import { udpDatagramOf } from "../../src/wire/ethernet.ts";
import { programAt, Segment, whyNoSegment } from "./segment.ts";

const noSegment = whyNoSegment();
const busybox = programAt("/bin/busybox", "/usr/bin/busybox");
const noUdhcpc = busybox === undefined ? "no busybox here, whose udhcpc would ask" : undefined;

const portsIn = (file: string) =>
  [...readCapture(readFileSync(file))].map(
    ({ linkType, bytes }) => udpDatagramOf(linkType, bytes)?.destinationPort,
  );

describe.skipIf(noSegment !== undefined)(`dryboot record${noSegment ? ` (${noSegment})` : ""}`, () => {
  test("keeps what is asked, as a user that is not root, and explain reads it", async (context) => {
    context.skip(noUdhcpc !== undefined, noUdhcpc);
    using segment = new Segment();
    const output = join(segment.folder, "heard.pcap");
    const recording = segment.dryboot("record", "--interface", segment.interface, "--output", output);
    await recording.says(/listening on lan0/);
    const status = readFileSync(`/proc/${recording.pid}/status`, "utf8");
    expect(/^Uid:\s+(.*)$/m.exec(status)?.[1]).toMatch(/^65534(\s+65534){3}$/);

    const udhcpc = [busybox ?? "", "udhcpc", "-i", segment.clientInterface, "-n", "-q", "-t", "1", "-T", "1"];
    const client = segment.start(segment.client, [...udhcpc, "-s", "/bin/true"]);
    const noise = segment.start(segment.client, [busybox ?? "", "nslookup", "example.org", "10.69.0.1"]);
    await recording.says(/52:54:00:69:00:0a {2}DHCPDISCOVER to port 67, udhcp/);
    await client.ended;
    noise.kill();
    recording.signal("SIGINT");
    expect(await recording.ended).toBe(0);
    expect(recording.output).toMatch(/1 frames?, .* in /);
    expect(portsIn(output)).toEqual([67]);

    await chmod(segment.folder, 0o755);
    const site = await segment.site({ machines: [{ name: "node1", mac: segment.mac, ip: "10.69.0.10" }] });
    const explained = segment.dryboot("explain", site, "--from", output);
    expect(await explained.ended).toBe(0);
    expect(explained.output).toContain("10.69.0.10");
  });

  test("says that nobody asked, and never writes over a file", async () => {
    using segment = new Segment();
    const output = join(segment.folder, "heard.pcap");
    const words = ["record", "--interface", segment.interface, "--output", output, "--seconds", "1"];
    const silent = segment.dryboot(...words, "--mac", "02:00:00:00:00:01");
    expect(await silent.ended).toBe(1);
    expect(silent.output).toContain("nobody called 02:00:00:00:00:01 asked anything on lan0");
    const again = segment.dryboot(...words);
    expect(await again.ended).toBe(1);
    expect(again.output).toContain("is there already");
    const elsewhere = segment.dryboot("record", "--interface", "lan9", "--output", `${output}2`);
    expect(await elsewhere.ended).toBe(1);
    expect(elsewhere.output).toContain("cannot find lan9");
  });
});
