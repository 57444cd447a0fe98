import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import * as http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { readyPath } from "./boot/boot-paths.ts";
import type { BootSite } from "./boot/boot-site.ts";
import { defaultLoaders } from "./boot/loaders.ts";
import type { ServedFile } from "./core/served-file.ts";
import { Timeline } from "./core/timeline.ts";
import { closeUdp, listenUdp } from "./core/udp-listener.ts";
import { ipxeRomDiscover } from "./dhcp/captured-messages.ts";
import { from as messageFrom } from "./dhcp/conversation.ts";
import type { DhcpMessage } from "./dhcp/message.ts";
import { decodeMessage, encodeMessage } from "./dhcp/message.ts";
import type { NetbootFacts } from "./facts.ts";
import type { OpenedImage } from "./images/store.ts";
import { openMachineStates } from "./machine-states.ts";
import type { NetbootConfig } from "./netboot.ts";
import { startNetboot } from "./netboot.ts";
import { TestClient } from "./tftp/test-client.ts";

/** The whole stack on loopback, where a machine is an address: its DHCP comes from there, and so do its requests. */
const server = "127.0.0.1";
const machine = { name: "node1", mac: "52:54:00:69:00:0a", address: "127.0.0.10" };

const served = (text: string): ServedFile => {
  const bytes = Buffer.from(text);
  return { bytes, sizeBytes: bytes.length };
};

const site: BootSite = {
  server,
  http: `http://${server}`,
  machines: [{ name: machine.name, mac: machine.mac, image: "rescue", commandLine: "password=hunter2" }],
  images: new Map([["rescue", { reportsReady: true }]]),
  loaders: defaultLoaders,
};
/** Its files are on disk, as a store's are. */
async function openedImage(): Promise<OpenedImage> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-netboot-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = async (name: string) => {
    const path = join(folder, name);
    await writeFile(path, `the ${name}`);
    return { name, path, sizeBytes: name.length + 4, sha256: "a".repeat(64) };
  };
  const [kernel, initrd] = [await file("vmlinuz"), await file("initrd")];
  const { digest, recipe, builtAt } = { digest: "b".repeat(64), recipe: "c".repeat(64), builtAt: "" };
  const made = { format: 1, name: "rescue", level: 1, digest, recipe, builtAt } as const;
  return { ...made, inputs: [], folder, kernel, initrds: [initrd], files: [], commandLine: "quiet" };
}

async function stack(more: Partial<NetbootConfig> = {}) {
  const timeline = new Timeline<NetbootFacts>();
  const relay = await listenUdp("test", machine.address, 0);
  onTestFinished(() => closeUdp(relay));
  const { port } = relay.address();
  const image = await openedImage();
  const netboot = await startNetboot(
    {
      site,
      dhcp: {
        mode: "server",
        server,
        subnet: { network: "127.0.0.0", prefixLength: 8 },
        leaseTimeMs: 3_600_000,
        range: ["127.0.0.100", "127.0.0.103"],
        reservations: [{ mac: machine.mac, address: machine.address, hostName: machine.name }],
        dns: [],
      },
      images: new Map([["rescue", image]]),
      loaders: new Map([["undionly.kpxe", served("the loader")]]),
      machineFiles: new Map([["own/node1.key", { file: served("secret"), for: { mac: machine.mac } }]]),
      ports: { http: 0, tftp: 0, dhcp: { port: 0, listen: [], clientPort: port, relayPort: port } },
      ...more,
    },
    { timeline, signal: AbortSignal.timeout(20_000) },
  );
  onTestFinished(() => netboot[Symbol.asyncDispose]());
  /** What the machine, or who is said, is answered over HTTP. */
  const get = async (path: string, from = machine.address): Promise<Answer> => {
    const request = http.get({
      host: server,
      port: netboot.ports.http,
      path: `/${path}`,
      localAddress: from,
    });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  };
  /** Sends DHCP as a relay at the machine's address does. */
  const tell = (message: DhcpMessage) =>
    relay.send(encodeMessage({ ...message, giaddr: machine.address }), netboot.dhcp.port, server);
  const ask = async (message: DhcpMessage): Promise<DhcpMessage> => {
    const answer = once(relay, "message", { signal: AbortSignal.timeout(2000) });
    tell(message);
    const [bytes] = await answer;
    return decodeMessage(bytes as Uint8Array);
  };
  /** The lease that an operating system on the machine is given: nothing in it begins a boot. */
  const lease = async () => {
    const options = { requestedIpAddress: machine.address, serverIdentifier: server };
    const { options: told } = await ask(messageFrom(machine.mac, "DHCPREQUEST", options));
    expect(told.messageType).toBe("DHCPACK");
  };
  return { netboot, timeline, get, ask, lease };
}

type Answer = { status: number; body: string };

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

describe("a site that boots by PXELINUX and GRUB", () => {
  const loaders = new Map([
    ["pxelinux.0", served("the loader")],
    ["ldlinux.c32", served("its companion")],
  ]);
  const other = { ...site, loaders: { ...defaultLoaders, bios: "pxelinux.0", x64: "grubnetx64.efi" } };
  const byMac = `01-${machine.mac.replaceAll(":", "-")}`;

  test("tells each over TFTP and HTTP what its firmware was promised, and serves that over both", async () => {
    const { netboot, get, lease } = await stack({ site: other, loaders });
    const client = await TestClient.open();
    const fetched = async (path: string) =>
      String((await client.fetch(netboot.ports.tftp, path, {})).content);
    const pxelinux = await fetched(`pxelinux.cfg/${byMac}`);
    const [, kernel = ""] = /^LINUX ::(\S+)$/m.exec(pxelinux) ?? [];
    const [, initrd = ""] = /initrd=::(\S+)$/m.exec(pxelinux) ?? [];
    expect([await fetched(kernel), await fetched(initrd)]).toEqual(["the vmlinuz", "the initrd"]);
    expect(pxelinux).toContain(" quiet password=hunter2 ");

    expect((await get("pxelinux.cfg/default")).status).toBe(404); // nobody knows that address yet
    expect((await get("grub/grub.cfg")).body).toContain("$net_default_mac");
    await lease();
    expect((await get("pxelinux.cfg/default")).body).toBe(pxelinux);
    const grub = await get("grub/grub.cfg");
    expect(grub.body).toContain("'/images/rescue/vmlinuz' ");
    expect(await get(`grub/grub.cfg-${byMac}`)).toEqual(grub);
  });

  test("sees a loader that comes again and again by it alone, and lets go of it once it fetches a kernel", async () => {
    const { get, lease, timeline } = await stack({ site: other, loaders });
    await lease();
    const boot = async () => {
      for (const path of ["pxelinux.0", "ldlinux.c32"]) await get(path);
      // As PXELINUX does, most of which nobody has.
      for (const name of ["7F00000A", "7F00000", "7F", byMac]) await get(`pxelinux.cfg/${name}`);
    };
    const config = async () => (await get(`pxelinux.cfg/${byMac}`)).body;
    for (let time = 0; time < 2; time += 1) await boot();
    expect(await config()).toContain("LINUX ::images/rescue/vmlinuz");
    await boot();
    await expect
      .poll(() => timeline.facts("boot.looping"))
      .toMatchObject([{ mac: machine.mac, what: "loader", file: "pxelinux.0", times: 3 }]);
    expect(await config()).toContain("goes round in circles: node1 fetched pxelinux.0 3 times");
    await get("images/rescue/vmlinuz");
    await expect.poll(config).toContain("LINUX ::images/rescue/vmlinuz");
  });
});

describe("an iPXE that asks for autoexec.ipxe", () => {
  test("is told at once that there is none, and why stands in the record", async () => {
    const { netboot, get, timeline } = await stack();
    const client = await TestClient.open();
    client.request(netboot.ports.tftp, "autoexec.ipxe");
    const { bytes } = await client.next();
    expect([bytes.readUInt16BE(0), bytes.readUInt16BE(2)]).toEqual([5, 1]); // ERROR, file not found
    expect(await get("ipxe-2.0.0/autoexec.ipxe")).toMatchObject({ status: 404 });
    await expect
      .poll(() => timeline.facts("autoexec.answered"))
      .toMatchObject([
        { file: "autoexec.ipxe", script: false, reason: expect.stringContaining("`off`") },
        { file: "ipxe-2.0.0/autoexec.ipxe", from: machine.address, script: false },
      ]);
  });

  test("is given its script by a site that wants that", async () => {
    const { get, lease, timeline } = await stack({ site: { ...site, autoexec: true } });
    await lease();
    const { status, body } = await get("autoexec.ipxe");
    expect([status, body]).toEqual([200, expect.stringMatching(/^#!ipxe\n/)]);
    await expect
      .poll(() => timeline.facts("autoexec.answered"))
      .toMatchObject([{ mac: machine.mac, script: true, reason: "it is for node1" }]);
  });

  test("is given a file of the user's own where ours is not wanted", async () => {
    const root = await mkdtemp(join(tmpdir(), "dryboot-root-"));
    onTestFinished(() => rm(root, { recursive: true }));
    await writeFile(join(root, "autoexec.ipxe"), "#!ipxe\necho mine\n");
    const { get } = await stack({ tftp: { root } });
    expect((await get("autoexec.ipxe")).body).toBe("#!ipxe\necho mine\n");
  });
});
