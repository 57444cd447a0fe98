import { once } from "node:events";
import * as http from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { readyPath } from "./boot/boot-paths.ts";
import { ipxeRomDiscover } from "./dhcp/captured-messages.ts";
import { decodeMessage } from "./dhcp/message.ts";
import { openMachineStates } from "./netboot/machine-states.ts";
import type { Answer } from "./netboot/stack.fixture.ts";
import { machine, openedImage, server, site, stack } from "./netboot/stack.fixture.ts";
import { TestClient } from "./tftp/test-client.ts";

describe("what somebody asks a machine to boot", () => {
  const token = "correct horse battery staple";
  const images = new Map(["rescue", "other"].map((name) => [name, { reportsReady: true }]));

  async function machineStack() {
    const image = await openedImage();
    const states = await openMachineStates();
    const running = await stack({
      ...{ token, machines: states, site: { ...site, images, bootsWithoutReport: 2 } },
      images: new Map([...images.keys()].map((name) => [name, { ...image, name }])),
    });
    const { netboot, get } = running;
    const put = async (body: unknown, given = token): Promise<Answer> => {
      const request = http.request({
        ...{ host: server, port: netboot.ports.http, localAddress: server, method: "PUT" },
        path: "/v1/machines/node1/boot",
        headers: { authorization: `Bearer ${given}` },
      });
      request.end(typeof body === "string" ? body : JSON.stringify(body));
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      return { status: response.statusCode ?? 0, body: await text(response) };
    };
    /** What its script boots, fetched as its loader does: with the kernel, or it would be a loop. */
    const boots = async (from = machine.address): Promise<string> => {
      const { body } = await get(`boot.ipxe?mac=${machine.mac}&arch=0`, from);
      if (body.includes("sanboot")) return "local";
      const [, name = body] = /images\/(\w+)\/vmlinuz/.exec(body) ?? [];
      await get(`images/${name}/vmlinuz`, from);
      return name;
    };
    await running.lease();
    return { ...running, put, boots };
  }

  test("is booted once, and the machine's own request alone uses it up", async () => {
    const { put, boots, get, timeline } = await machineStack();
    expect(await put({ next: "other" })).toMatchObject({ status: 200 });
    expect(await boots("127.0.0.55")).toBe("other"); // a stranger who asks in its name
    expect((await get(`boot.ipxe?mac=${machine.mac}`)).body).toContain("booting other this once");
    expect(await boots()).toBe("rescue");
    expect(timeline.facts("boot.turned")).toMatchObject([{ machine: "node1", image: "other" }]);
  });

  test("is installed until it reports, and then its disk is booted", async () => {
    const { put, boots, get } = await machineStack();
    await put({ mode: "install-once", image: "other" });
    expect([await boots(), await boots()]).toEqual(["other", "other"]);
    expect(await get(readyPath)).toMatchObject({ status: 200 });
    expect(await boots()).toBe("local");
    await put({ mode: "site" });
    expect(await boots()).toBe("rescue");
  });

  test("is given up for what last reported ready, and the machine is told", async () => {
    const { put, boots, get, timeline } = await machineStack();
    expect(await boots()).toBe("rescue");
    await get(readyPath);
    await put({ mode: "always", image: "other" });
    expect([await boots(), await boots(), await boots()]).toEqual(["other", "other", "rescue"]);
    const { body } = await get(`boot.ipxe?mac=${machine.mac}`);
    expect(body).toContain("other did not report ready 2 times: booting rescue, the last that did");
    expect(timeline.facts("boot.turned").at(-1)).toMatchObject({ machine: "node1", fellBack: true });
  });

  test.each<[string, unknown, string | undefined, number]>([
    ["without the token", { next: "other" }, "wrong", 401],
    ["of an image the site has not", { next: "othr" }, undefined, 404],
    ["that means nothing", { mode: "sometimes" }, undefined, 400],
    ["that is no JSON", "{", undefined, 400],
    ["that is longer than anybody needs", "x".repeat(5000), undefined, 413],
  ])("is refused %s, and the token is in no fact", async (_, body, given, status) => {
    const { put, boots, timeline } = await machineStack();
    expect(await put(body, given)).toMatchObject({ status });
    expect(await boots()).toBe("rescue");
    await put({ next: "other" });
    expect(JSON.stringify(timeline.facts())).not.toContain(token);
  });
});

const firmware = decodeMessage(ipxeRomDiscover);

describe("the whole stack", () => {
  test("tells programs what a machine boots, at addresses where that is", async () => {
    const { get } = await stack();
    const { status, body } = await get(`v1/boot/${machine.mac}`);
    expect(status).toBe(200);
    const { kernel, initrd, cmdline } = JSON.parse(body) as {
      kernel: string;
      initrd: string[];
      cmdline: string;
    };
    expect(cmdline).toMatch(/ quiet password=hunter2$/);
    const contents = await Promise.all(
      [kernel, ...initrd].map(async (url) => (await get(new URL(url).pathname.slice(1))).body),
    );
    expect(contents).toEqual(["the vmlinuz", "the initrd"]);
    expect(await get("v1/boot/02:00:00:00:00:01")).toMatchObject({ status: 404 });
  });

  test("shows itself to its own address and whom the site names, and to nobody else", async () => {
    const { get, lease } = await stack({ readers: [{ network: "127.0.0.77", prefixLength: 32 }] });
    await lease();
    for (const path of ["v1/status", "v1/leases", "v1/machines"]) {
      expect(await get(path, server)).toMatchObject({ status: 200 });
      expect(await get(path, "127.0.0.77")).toMatchObject({ status: 200 });
    }
    expect(JSON.parse((await get("v1/status", server)).body)).toEqual({ server, leases: 1 });
    expect(JSON.parse((await get("v1/leases", server)).body)).toMatchObject({
      leases: [{ address: machine.address, mac: machine.mac, machine: "node1", state: "bound" }],
    });
    expect(JSON.parse((await get("v1/machines", server)).body)).toEqual({
      machines: [{ name: "node1", mac: machine.mac, image: "rescue", address: machine.address }],
    });
  });

  test("hands out the same loader over TFTP and HTTP, and says who fetched it", async () => {
    const { netboot, get, timeline } = await stack();
    const client = await TestClient.open();
    const { content } = await client.fetch(netboot.ports.tftp, "undionly.kpxe", {});
    expect(content.toString()).toBe("the loader");
    expect(await get("undionly.kpxe")).toEqual({ status: 200, body: "the loader" });
    await expect.poll(() => timeline.facts("tftp.sent")).toMatchObject([{ file: "undionly.kpxe" }]);
    await expect.poll(() => timeline.facts("http.sent")).toMatchObject([{ from: machine.address }]);
  });
});

describe("a file for one machine alone", () => {
  const path = "own/node1.key";

  test("is there for its address from its firmware's DHCP request until it is ready", async () => {
    const { get, ask, lease, timeline } = await stack();
    await lease();
    const reasons = () => timeline.facts("http.sent").map(({ status, reason }) => reason ?? status);
    expect(await get(path)).toMatchObject({ status: 403, body: expect.not.stringContaining("secret") });
    await expect.poll(reasons).toEqual([expect.stringMatching(/saw no firmware/)]);

    expect((await ask(firmware)).options.messageType).toBe("DHCPOFFER");
    expect(await get(path)).toEqual({ status: 200, body: "secret" });
    expect(await get(path, "127.0.0.11")).toMatchObject({ status: 403 });

    expect(await get(readyPath)).toMatchObject({ status: 200 });
    expect(await get(path)).toMatchObject({ status: 403 });
    await expect.poll(reasons).toContainEqual(expect.stringMatching(/is ready/));
    await lease(); // its system renews: that is no boot
    await get(`boot.ipxe?mac=${machine.mac}`); // nor is what any program on it can fetch
    expect(await get(path)).toMatchObject({ status: 403 });
    await ask(firmware);
    expect(await get(path)).toMatchObject({ status: 200 });
  });

  test("is not there any more once a boot has had its time", async () => {
    const { get, ask, lease, timeline } = await stack({ site: { ...site, bootTimeMs: -1 } });
    await lease();
    await ask(firmware);
    expect(await get(path)).toMatchObject({ status: 403 });
    await expect
      .poll(() => timeline.facts("http.sent")[0]?.reason)
      .toMatch(/its firmware asked DHCP 0 minutes ago/);
  });
});
