import { once } from "node:events";
import * as http from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { ipxeRomDiscover } from "../dhcp/captured-messages.ts";
import { decodeMessage } from "../dhcp/message.ts";
import { folderWith, textOf } from "../images/overlays/layers.fixture.ts";
import { readArchive } from "../images/overlays/read-archive.ts";
import { overlayFiles } from "./overlay-files.ts";
import { machine, server, site, stack } from "./stack.fixture.ts";

const firmware = decodeMessage(ipxeRomDiscover);
const path = `overlays/${machine.mac}.apkovl.tar.gz`;

async function overlaid(files: Parameters<typeof folderWith>[0]) {
  const overlay = await folderWith(files);
  const own = { ...site, machines: [{ ...machine, overlay }] };
  const machineFiles = await overlayFiles(own);
  const running = await stack({ site: own, machineFiles });
  const fetch = async (from = machine.address) => {
    const request = http.get({
      host: server,
      port: running.netboot.ports.http,
      path: `/${path}`,
      localAddress: from,
    });
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
      const file = (await overlayFiles({ ...site, machines: [{ ...machine, overlay }] })).get(path)?.file;
      return file?.sha256;
    });
    const [first, again, changed] = await Promise.all(digests);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect([again === first, changed === first]).toEqual([true, false]);
  });
});
