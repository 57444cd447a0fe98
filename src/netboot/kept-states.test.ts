import { once } from "node:events";
import * as http from "node:http";
import { buffer, text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { overlayPath } from "../boot/boot-paths.ts";
import { from as messageFrom } from "../dhcp/conversation.ts";
import { entriesOf, readState } from "../images/state/check-state.ts";
import { Histories } from "../images/state/histories.ts";
import type { StatePolicy } from "../images/state/history.ts";
import { stateToken } from "../images/state/state-token.ts";
import { apkovl, testFolder, usualState } from "../images/state/states.fixture.ts";
import type { Answer } from "./stack.fixture.ts";
import { machine, server, stack } from "./stack.fixture.ts";

const secret = "the server's own secret";
const token = stateToken(secret, machine);
const policy: StatePolicy = {
  handOut: "newest",
  largestBytes: 64 * 1024,
  keep: { last: 5, daily: 0, weekly: 0 },
};
const vendorClassIdentifier = "PXEClient:Arch:00000:UNDI:002001";

async function keeping(more: { states?: StatePolicy; overlay?: Uint8Array } = {}) {
  const histories = new Histories(await testFolder());
  const { overlay } = more;
  const file = overlay && { bytes: overlay, sizeBytes: overlay.length };
  const machineFiles = new Map(file ? [[overlayPath(machine.mac), { file, for: machine }]] : []);
  const running = await stack({
    states: more.states ?? policy,
    keeping: { histories, secret },
    machineFiles,
  });
  const { netboot, ask, lease } = running;
  const send = async (
    body: Uint8Array | string,
    { path = "node1.apkovl.tar.gz", method = "PUT", headers = {}, from = machine.address } = {},
  ): Promise<Answer> => {
    const request = http.request({
      ...{ host: server, port: netboot.ports.http, path: `/v1/state/${path}`, localAddress: from },
      ...{ method, headers: { authorization: `Bearer ${token}`, ...headers } },
    });
    request.end(body);
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return { status: response.statusCode ?? 0, body: await text(response) };
  };
  /** As firmware that begins to boot does. */
  const boot = async () => {
    await lease();
    await ask(messageFrom(machine.mac, "DHCPDISCOVER", { vendorClassIdentifier }));
  };
  const apkovlOf = async (mac = machine.mac) => {
    const request = http.get({
      ...{ host: server, port: netboot.ports.http, path: `/${overlayPath(mac)}` },
      localAddress: machine.address,
    });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return { status: response.statusCode, bytes: await buffer(response) };
  };
  return { ...running, histories, send, boot, apkovlOf };
}

const named = async (hostname: string) => await apkovl({ ...usualState, "etc/hostname": hostname });

/** The text of one file of an archive. */
async function textIn(archive: Uint8Array, wanted: string): Promise<string | undefined> {
  let found: string | undefined;
  await readState(archive, async ({ path }, content) => {
    if (path !== wanted) return;
    found = "";
    for await (const chunk of content) found += Buffer.from(chunk).toString();
  });
  return found;
}

describe("a machine that hands in its state", () => {
  test("is told its version, and it is kept byte for byte", async () => {
    const { send, lease, histories, timeline } = await keeping();
    await lease();
    const state = await named("node1");
    expect(await send(state)).toEqual({ status: 201, body: "version 1 of node1\n" });
    expect(await send(state, { path: "node1" })).toEqual({
      status: 200,
      body: "the same as version 1 of node1\n",
    });
    expect((await histories.of("node1")).versions).toMatchObject([
      { from: machine.address, sizeBytes: state.length },
    ]);
    expect(timeline.facts("state.pushed")).toMatchObject([
      { machine: "node1", from: machine.address, version: 1, sizeBytes: state.length },
      { machine: "node1", version: 1, same: true },
    ]);
  });

  test("may send it as busybox's wget can: in base64, behind the token", async () => {
    const { send, lease, histories } = await keeping();
    await lease();
    const state = await named("node1");
    const body = `${token}\n${state.toString("base64").replaceAll(/(.{76})/g, "$1\n")}\n`;
    const headers = { authorization: "", "content-type": "application/x-www-form-urlencoded" };
    const options = { path: "node1.apkovl.tar.gz?encoding=base64", method: "POST", headers };
    expect(await send(body, options)).toEqual({ status: 201, body: "version 1 of node1\n" });
    expect((await histories.of("node1")).versions).toMatchObject([{ sizeBytes: state.length }]);
    expect(await send(body.replace(token, `${token}x`), options)).toMatchObject({ status: 401 });
  });

  test.each<[string, Parameters<Awaited<ReturnType<typeof keeping>>["send"]>[1], number, RegExp]>([
    ["another machine's name", { path: "node2.apkovl.tar.gz" }, 403, /belongs to node1/],
    ["another address", { from: "127.0.0.11" }, 403, /belongs to no machine/],
    ["no token", { headers: { authorization: "" } }, 401, /token/],
    [
      "another machine's token",
      { headers: { authorization: `Bearer ${stateToken(secret, { name: "node2", mac: "" })}` } },
      401,
      /token/,
    ],
    [
      "a token of another server",
      { headers: { authorization: `Bearer ${stateToken("other", machine)}` } },
      401,
      /token/,
    ],
  ])("is refused with %s", async (_, how, status, reason) => {
    const { send, lease, histories, timeline } = await keeping();
    await lease();
    expect(await send(await named("node1"), how)).toMatchObject({ status });
    expect(timeline.facts("state.refused")).toMatchObject([{ reason: expect.stringMatching(reason) }]);
    expect(await histories.machines()).toEqual([]);
  });

  test("is refused without a lease of ours", async () => {
    const { send } = await keeping();
    expect(await send(await named("node1"))).toMatchObject({ status: 403 });
  });

  test("is refused once its token was revoked, until it boots again", async () => {
    const { send, lease, boot, apkovlOf, histories } = await keeping();
    await lease();
    await histories.revokeToken("node1");
    expect(await send(await named("node1"))).toMatchObject({ status: 401 });
    await boot();
    const settings = await textIn((await apkovlOf()).bytes, "var/lib/lbu-push/settings");
    const [, fresh = ""] = /^token=(.*)$/m.exec(settings ?? "") ?? [];
    expect(fresh).not.toBe(token);
    const headers = { authorization: `Bearer ${fresh}` };
    expect(await send(await named("node1"), { headers })).toMatchObject({ status: 201 });
  });

  test("is told what is wrong with it, and nothing of that is kept", async () => {
    const { send, lease, histories, timeline } = await keeping();
    await lease();
    expect(await send("nonsense")).toMatchObject({ status: 422, body: expect.stringMatching(/gzip/) });
    const device = await apkovl({ "etc/disk": { type: "block-device" } });
    expect(await send(device)).toMatchObject({ status: 422, body: expect.stringMatching(/is a device/) });
    expect(await send(Buffer.alloc(64 * 1024 + 1))).toMatchObject({ status: 413 });
    expect(timeline.facts("state.refused")).toHaveLength(3);
    expect((await histories.of("node1")).versions).toEqual([]);
  });

  test("is refused where the site keeps none", async () => {
    const { send, lease } = await stack().then(async (running) => ({
      ...running,
      ...(await keepingNothing(running)),
    }));
    await lease();
    expect(await send()).toBe(405);
  });

  test("hears that another version was chosen to be handed out", async () => {
    const { send, lease, histories } = await keeping();
    await lease();
    await send(await named("a"));
    await histories.choose("node1", 1);
    expect(await send(await named("b"))).toMatchObject({
      status: 201,
      body: expect.stringContaining("version 1 is handed out"),
    });
  });
});

/** A stack without a folder for states. */
async function keepingNothing({ netboot }: Awaited<ReturnType<typeof stack>>) {
  const send = async () => {
    const request = http.request({
      ...{ host: server, port: netboot.ports.http, path: "/v1/state/node1", localAddress: machine.address },
      method: "PUT",
    });
    request.end("x");
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return response.statusCode;
  };
  return { send };
}

describe("a machine that boots", () => {
  test("is handed what it needs to hand in its state, though it has none and no overlay", async () => {
    const { boot, apkovlOf } = await keeping();
    expect(await apkovlOf()).toMatchObject({ status: 403 }); // it does not boot
    await boot();
    const { bytes } = await apkovlOf();
    const entries = await entriesOf(bytes);
    expect(entries.get("usr/local/bin/lbu-push")).toMatchObject({ mode: 0o755, uid: 0 });
    expect(entries.get("etc/lbu/post-package.d/lbu-push")).toMatchObject({
      target: "/usr/local/bin/lbu-push",
    });
    expect(entries.get("var/lib/lbu-push/settings")).toMatchObject({ mode: 0o600 });
    expect(entries.has("etc/.default_boot_services")).toBe(true);
    expect(await textIn(bytes, "var/lib/lbu-push/settings")).toBe(
      `url=http://${server}/v1/state/node1.apkovl.tar.gz\ntoken=${token}\n`,
    );
  });

  test("is handed its state under what the site says, and only its own", async () => {
    const overlay = await apkovl({ "etc/motd": "the site's\n", "etc/.default_boot_services": "" });
    const { boot, apkovlOf, histories, timeline } = await keeping({ overlay });
    const state = await apkovl({ ...usualState, "etc/motd": "its own\n" });
    await histories.take({
      machine: "node1",
      from: "",
      body: (async function* () {
        yield state;
      })(),
    });
    await boot();
    const { bytes } = await apkovlOf();
    expect(await textIn(bytes, "etc/motd")).toBe("the site's\n");
    expect(await textIn(bytes, "etc/hostname")).toBe("shoe\n");
    expect((await entriesOf(bytes)).has("etc/.default_boot_services")).toBe(false);
    expect(timeline.facts("state.handed-out")).toMatchObject([{ machine: "node1", version: 1 }]);
    expect((await apkovlOf("52:54:00:69:00:0b")).status).toBe(404);
  });

  test.each<["newest" | "chosen", number | undefined, string | undefined]>([
    ["newest", undefined, "b"],
    ["newest", 1, "a"],
    ["chosen", undefined, undefined],
    ["chosen", 1, "a"],
  ])("with the site's word `%s` and choice %s is handed %s", async (handOut, choice, expected) => {
    const { boot, apkovlOf, histories } = await keeping({ states: { ...policy, handOut } });
    for (const name of ["a", "b"]) {
      const state = await named(name);
      await histories.take({
        machine: "node1",
        from: "",
        body: (async function* () {
          yield state;
        })(),
      });
    }
    if (choice !== undefined) await histories.choose("node1", choice);
    await boot();
    expect(await textIn((await apkovlOf()).bytes, "etc/hostname")).toBe(expected);
  });

  test("is handed the token by no log or fact", async () => {
    const { boot, apkovlOf, send, timeline } = await keeping();
    await boot();
    expect(await apkovlOf()).toMatchObject({ status: 200 });
    expect(await send(await named("a"))).toMatchObject({ status: 201 });
    expect(await send("nonsense")).toMatchObject({ status: 422 });
    expect(JSON.stringify(timeline.facts())).not.toContain(token);
    expect(JSON.stringify(timeline.facts())).not.toContain(secret);
  });
});
