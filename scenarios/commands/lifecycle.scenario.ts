import { execFileSync } from "node:child_process";
import { kill } from "node:process";
import { describe, expect, test } from "vitest";
import { programAt, Segment, whyNoSegment } from "./segment.ts";

const noSegment = whyNoSegment();
const busybox = programAt("/bin/busybox", "/usr/bin/busybox");
const curl = programAt("/usr/bin/curl");
const noBusybox = busybox === undefined ? "no busybox here, whose udhcpc would ask" : undefined;
const noCurl = curl === undefined ? "no curl here to fetch the script" : undefined;

const machine = { name: "node1", mac: "52:54:00:69:00:0a", ip: "10.69.0.10" };

describe.skipIf(noSegment !== undefined)(`dryboot machine${noSegment ? ` (${noSegment})` : ""}`, () => {
  test("boots a machine otherwise once, as it was told, though it was killed in between", async (context) => {
    context.skip(noBusybox !== undefined, noBusybox);
    context.skip(noCurl !== undefined, noCurl);
    using segment = new Segment();
    const images = { usual: { recipe: "rescue" }, other: { recipe: "rescue" } };
    const site = await segment.site({ images, machines: [{ ...machine, image: "usual" }] });
    const started = /"type":"serve.started"/;
    const first = segment.serve(site, "--json");
    await first.says(started, 0, 120_000); // the image may have to be built first
    const udhcpc = [busybox ?? "busybox", "udhcpc", "-i", segment.clientInterface, "-s", "/bin/true"];
    const asking = segment.start(segment.client, [...udhcpc, "-f", "-n", "-q", "-t", "3", "-T", "1"]);
    expect(await asking.ended).toBe(0);
    execFileSync("ip", [
      ...["-n", segment.client, "addr", "add", "10.69.0.10/24", "dev", segment.clientInterface],
    ]);
    const boots = async () => {
      const address = `http://10.69.0.1/boot.ipxe?mac=${machine.mac}&arch=0`;
      const fetched = segment.start(segment.client, [curl ?? "curl", "--silent", address]);
      await fetched.ended;
      return /images\/(\w+)\/vmlinuz/.exec(fetched.output)?.[1] ?? fetched.output;
    };
    const told = async (...flags: string[]) => {
      const command = segment.dryboot("machine", "node1", "--state", segment.state, ...flags);
      return [await command.ended, command.output];
    };
    expect(await told("--next-boot", "othr")).toEqual([1, expect.stringMatching(/did you mean `other`/)]);
    expect(await told("--next-boot", "other")).toEqual([
      0,
      "node1 boots what the site says\nits next boot is other\n",
    ]);
    kill(first.pid, "SIGKILL");
    await first.ended;
    const second = segment.serve(site, "--json");
    await second.says(started, 0, 60_000);
    expect(await boots()).toBe("other");
    kill(second.pid, "SIGKILL"); // at once: that it was handed out is on disk
    await second.ended;
    expect(await told("--install-once", "other")).toEqual([
      0,
      expect.stringMatching(/nobody checked these names/),
    ]);
    expect(await told("--as-site")).toEqual([0, expect.stringMatching(/what the site says/)]);
    const third = segment.serve(site, "--json");
    await third.says(started, 0, 60_000);
    expect(await boots()).toBe("usual");
  });
});
