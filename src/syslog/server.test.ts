import { createSocket } from "node:dgram";
import { describe, expect, onTestFinished, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import type { Subnet } from "../wire/ipv4.ts";
import type { SyslogFacts } from "./facts.ts";
import { startSyslog } from "./server.ts";

async function receiver(subnet: Subnet = { network: "127.0.0.0", prefixLength: 8 }) {
  const timeline = new Timeline<SyslogFacts>();
  const machineAt = (address: string) => (address === "127.0.0.2" ? "left" : undefined);
  const server = await startSyslog(
    { address: "127.0.0.1", port: 0, subnets: () => [subnet], machineAt },
    { timeline, signal: AbortSignal.timeout(20_000) },
  );
  onTestFinished(() => server[Symbol.asyncDispose]());
  const send = async (from: string, ...lines: string[]) => {
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    await new Promise<void>((resolve) => socket.bind(0, from, resolve));
    for (const line of lines) {
      await new Promise((resolve) => socket.send(line, server.port, "127.0.0.1", resolve));
    }
  };
  return { timeline, send, server };
}

describe("the log receiver", () => {
  test("says which machine a line is from", async () => {
    const { timeline, send } = await receiver();
    await send("127.0.0.2", "<14>ipxe: Booting");
    await send("127.0.0.3", "<14>ipxe: Booting");
    await expect
      .poll(() => timeline.facts("syslog.received"))
      .toMatchObject([
        { machine: "left", from: "127.0.0.2", appName: "ipxe", severity: "info", text: "Booting" },
        { from: "127.0.0.3" },
      ]);
    expect(timeline.facts("syslog.received")[1]).not.toHaveProperty("machine");
  });

  test("takes no lines from outside", async () => {
    const { timeline, send } = await receiver({ network: "10.69.0.0", prefixLength: 24 });
    await send("127.0.0.2", "<14>ipxe: Booting");
    await expect
      .poll(() => timeline.facts("syslog.dropped"))
      .toMatchObject([{ from: "127.0.0.2", reason: "it is not on 10.69.0.0/24" }]);
    expect(timeline.facts("syslog.received")).toEqual([]);
  });

  test("keeps a machine that logs in a circle from filling the record, and takes the others' lines", async () => {
    const { timeline, send } = await receiver();
    await send("127.0.0.2", ...Array.from({ length: 300 }, (_, index) => `<14>line ${index}`));
    await send("127.0.0.3", "<14>another");
    await expect.poll(() => timeline.facts("syslog.received").at(-1)?.text).toBe("another");
    const noisy = timeline.facts("syslog.received").filter(({ machine }) => machine === "left");
    expect(noisy.length).toBeLessThan(300);
    expect(timeline.facts("syslog.dropped")).toMatchObject([{ machine: "left", reason: /too many lines/ }]);
  });

  test("says who holds its port", async () => {
    const { server } = await receiver();
    const deps = { timeline: new Timeline<SyslogFacts>(), signal: new AbortController().signal };
    const config = { address: "127.0.0.1", subnets: () => [{ network: "127.0.0.0", prefixLength: 8 }] };
    const second = startSyslog({ ...config, port: server.port, machineAt: () => undefined }, deps);
    await expect(second).rejects.toMatchObject({ code: "LISTEN_FAILED", where: "syslog" });
  });

  test("stops twice, and does not start once it has been told to stop", async () => {
    const { server } = await receiver();
    await Promise.all([server[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    const config = {
      address: "127.0.0.1",
      port: 0,
      subnets: () => [{ network: "127.0.0.0", prefixLength: 8 }],
    };
    const deps = { timeline: new Timeline<SyslogFacts>(), signal: AbortSignal.abort() };
    await expect(startSyslog({ ...config, machineAt: () => undefined }, deps)).rejects.toThrow(/aborted/);
  });
});
