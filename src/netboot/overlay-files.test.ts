import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import * as http from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { formatError } from "../core/errors.ts";
import { ipxeRomDiscover } from "../dhcp/captured-messages.ts";
import { decodeMessage } from "../dhcp/message.ts";
import { folderWith, textOf } from "../images/overlays/layers.fixture.ts";
import { readArchive } from "../images/overlays/read-archive.ts";
import { SecretKeeper } from "../images/overlays/secret-keeper.ts";
import { SecretStore } from "../images/overlays/secret-store.ts";
import { overlayFiles } from "./overlay-files.ts";
import { machine, server, site, stack } from "./stack.fixture.ts";

const firmware = decodeMessage(ipxeRomDiscover);
const path = `overlays/${machine.mac}.apkovl.tar.gz`;

async function overlaid(files: Parameters<typeof folderWith>[0], keeper?: SecretKeeper) {
  const overlay = await folderWith(files);
  const own = { ...site, machines: [{ ...machine, overlay }] };
  const machineFiles = await overlayFiles(own, keeper);
  const running = await stack({ site: own, machineFiles });
  const fetch = async (from = machine.address, more: http.RequestOptions = {}) => {
    const port = running.netboot.ports.http;
    const request = http.request({ host: server, port, path: `/${path}`, localAddress: from, ...more }).end();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    return { status: response.statusCode, body: await buffer(response) };
  };
  return { ...running, fetch };
}

describe("the overlay of a machine", () => {
  test("is what its init fetches while it boots, and nobody else gets it", async () => {
    const { lease, ask, fetch } = await overlaid({ "etc/hostname.tmpl": "{name}\n" });
    await lease();
    expect(await fetch()).toMatchObject({ status: 403 });
    await ask(firmware);
    const { status, body } = await fetch();
    expect(status).toBe(200);
    expect(textOf(await readArchive(body, path), "etc/hostname")).toBe("node1\n");
    expect(await fetch("127.0.0.11")).toMatchObject({ status: 403 });
  });

  test("is made anew, as its folder is then, whenever the site is", async () => {
    const [one, other] = [await folderWith({ "etc/motd": "one" }), await folderWith({ "etc/motd": "two" })];
    const digests = [one, one, other].map(async (overlay) => {
      const file = (await overlayFiles({ ...site, machines: [{ ...machine, overlay }] })).get(path);
      return file && "file" in file ? file.file.sha256 : undefined;
    });
    const [first, again, changed] = await Promise.all(digests);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect([again === first, changed === first]).toEqual([true, false]);
  });
});

describe("an overlay that holds a secret", () => {
  const value = "correct-horse-battery";
  const keeper = async () => {
    const store = new SecretStore(join(await folderWith({}), "secrets"));
    await store.init();
    await store.set("db", Buffer.from(value));
    return await SecretKeeper.open(store);
  };
  const files = { "etc/app.tmpl": "password={secret.db}\n", "etc/filler": randomBytes(4 * 2 ** 20) };

  test("is given to its machine, once in each boot, and the secret is written nowhere", async () => {
    const { lease, ask, fetch, timeline } = await overlaid(files, await keeper());
    await lease();
    expect(await fetch()).toMatchObject({ status: 403 });
    await ask(firmware);
    expect(await fetch("127.0.0.11")).toMatchObject({ status: 403 });
    const { status, body } = await fetch();
    expect(status).toBe(200);
    expect(textOf(await readArchive(body, path), "etc/app")).toBe(`password=${value}\n`);

    await expect.poll(() => timeline.facts("http.sent").at(-1)?.status).toBe(200);
    const again = await fetch();
    expect(again.status).toBe(403);
    expect(again.body.toString()).toContain("once in a boot");
    await expect
      .poll(() => timeline.facts("http.sent").at(-1)?.reason)
      .toMatch(/was given it in this boot already/);
    await ask(firmware);
    expect(await fetch()).toMatchObject({ status: 200 });
    const told = JSON.stringify(timeline.facts());
    expect(told).not.toContain(value);
    expect(told).not.toContain(Buffer.from(value).toString("base64"));
  });

  test("may be fetched again when the fetch before broke off", async () => {
    const { lease, ask, fetch, timeline, netboot } = await overlaid(files, await keeper());
    await lease();
    await ask(firmware);
    const request = http.get({
      ...{ host: server, port: netboot.ports.http, path: `/${path}`, localAddress: machine.address },
    });
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    await once(response, "readable");
    expect(await fetch()).toMatchObject({ status: 403 }); // while it is on its way
    response.destroy();
    await expect.poll(() => timeline.facts("http.failed")).toHaveLength(1);
    expect(await fetch()).toMatchObject({ status: 200 });
  });

  test("is not given away by asking for less than all of it", async () => {
    const { lease, ask, fetch } = await overlaid(files, await keeper());
    await lease();
    await ask(firmware);
    expect(await fetch(machine.address, { method: "HEAD" })).toMatchObject({ status: 200 });
    expect(await fetch(machine.address, { headers: { range: "bytes=0-9" } })).toMatchObject({ status: 206 });
    expect(await fetch()).toMatchObject({ status: 403 });
  });

  test("is refused when the site is read where there is no such secret, or no key to it", async () => {
    const overlay = await folderWith({ "etc/app.tmpl": "{secret.other}" });
    const own = { ...site, machines: [{ ...machine, overlay }] };
    await expect(overlayFiles(own, await keeper())).rejects.toThrow("there is no secret other");
    const store = new SecretStore(join(await folderWith({}), "secrets"));
    await store.init();
    await store.set("other", Buffer.from(value));
    await chmod(join(store.folder, "identity"), 0o644);
    const error: unknown = await overlayFiles(own, await SecretKeeper.open(store)).catch(
      (cause: unknown) => cause,
    );
    expect(formatError(error)).toContain("others may read the identity");
    expect(formatError(error)).not.toContain(value);
  });
});
