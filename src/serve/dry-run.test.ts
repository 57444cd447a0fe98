import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { policy } from "../dhcp/conversation.ts";
import { encodeMessage } from "../dhcp/message.ts";
import { startDryRun } from "./dry-run.ts";
import type { LiveFacts } from "./facts.ts";
import { discoverOf } from "./foreign-server.ts";

const { signal } = new AbortController();
const node1 = Uint8Array.of(0x52, 0x54, 0, 0x69, 0, 0x0a);

describe("a dry run", () => {
  test("says what it would have answered, by the policy of the moment, and sends nothing", async () => {
    const timeline = new Timeline<LiveFacts>();
    await using dryRun = await startDryRun({ policy, listen: "127.0.0.1", port: 0 }, { timeline, signal });
    const client = createSocket("udp4");
    const heard: unknown[] = [];
    client.on("message", (bytes) => void heard.push(bytes));
    client.bind(0, "127.0.0.1");
    await once(client, "listening");

    client.send(encodeMessage(discoverOf(node1, 1)), dryRun.port, "127.0.0.1");
    client.send(Uint8Array.of(1, 2, 3), dryRun.port, "127.0.0.1");
    await expect.poll(() => timeline.facts().length).toBe(3);
    dryRun.setPolicy({ ...policy, mode: "off" });
    client.send(encodeMessage(discoverOf(node1, 2)), dryRun.port, "127.0.0.1");
    await expect.poll(() => timeline.facts().length).toBe(5);
    await sleep(50);
    client.close();

    expect(timeline.facts()).toMatchObject([
      { type: "dhcp.received", mac: "52:54:00:69:00:0a", messageType: "DHCPDISCOVER" },
      { type: "dhcp.withheld", messageType: "DHCPOFFER", yiaddr: "10.69.0.10", to: "255.255.255.255:68" },
      { type: "dhcp.malformed" },
      { type: "dhcp.received" },
      { type: "dhcp.silent", reason: expect.stringContaining("off") },
    ]);
    expect(heard).toEqual([]);
  });
});
