import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { node1, uuid, world } from "../boot/explain.fixture.ts";
import { explainClient } from "../boot/explain.ts";
import { explainCapture } from "../boot/explain-capture.ts";
import type { ClientName } from "../boot/explain-clients.ts";
import { clientNames, clientPresets } from "../boot/explain-clients.ts";
import { edk2PxeDiscover } from "../dhcp/captured-messages.ts";
import { pcapFile, udpFrame } from "../wire/capture.fixture.ts";
import { explanationText, packetText } from "./explain-text.ts";

const printed = (lines: readonly string[]) => `${lines.map(stripVTControlCharacters).join("\n")}\n`;

/** Everything a person sees of a boot, step by step: change it knowingly (`vitest -u`). */
describe("what `dryboot explain` prints", () => {
  test.each<[string, ClientName]>([
    ["a BIOS machine with iPXE in its ROM", "ipxe-bios"],
    ["a BIOS machine whose ROM chains to iPXE", "bios-pxe"],
    ["UEFI's PXE client", "ovmf-pxe"],
    ["UEFI's HTTP boot", "ovmf-http"],
    ["an iPXE on UEFI", "ipxe-efi"],
    ["a system that wants an address", "linux"],
  ])("for %s", async (_, name) => {
    const explained = explainClient({ preset: clientPresets[name], mac: node1, uuid }, world());
    await expect(printed(explanationText(explained, 100))).toMatchFileSnapshot(`goldens/explain-${name}.txt`);
  });

  test.each(clientNames)("beside another DHCP server, for %s", async (name) => {
    const explained = explainClient(
      { preset: clientPresets[name], mac: node1, uuid },
      world({}, { mode: "proxy" }),
    );
    await expect(printed(explanationText(explained, 100))).toMatchFileSnapshot(
      `goldens/explain-proxy-${name}.txt`,
    );
  });

  test("for a stranger of a site that serves no strangers", () => {
    const mac = "52:54:00:69:00:ff";
    const bare = world({}, { mode: "reservations" }, { loaders: new Map() });
    const text = printed(
      explanationText(explainClient({ preset: clientPresets["ovmf-pxe"], mac }, bare), 100),
    );
    expect(text).toMatch(/^in short: no DHCP answer -> ends there\n/);
    expect(text).toContain(`no answer, because ${mac} has no reservation, and only those are served`);
  });

  test("for a boot that lacks something, what it lacks comes last", () => {
    const bare = world({}, {}, { loaders: new Map(), images: new Map() });
    const explained = explainClient({ preset: clientPresets["ovmf-pxe"], mac: node1 }, bare);
    const text = printed(explanationText(explained, 100));
    expect(text).toMatch(
      /^in short: 10\.69\.0\.10 -> snponly\.efi \(absent\) -> 10\.69\.0\.10 -> script -> ends there\n/,
    );
    expect(text).toMatch(
      /\nwarning {2}the loader snponly\.efi .*\nwarning {2}image rescue is not in the store\n$/,
    );
  });

  test("for a capture, when each request came and what really answered it", () => {
    const file = pcapFile([udpFrame(["0.0.0.0", 68], ["255.255.255.255", 67], edk2PxeDiscover)]);
    const [packet] = explainCapture(file, world()).packets;
    expect(
      printed(packet ? packetText(packet, 100) : [])
        .split("\n")
        .slice(0, 4),
    ).toEqual([
      "1970-01-01T00:00:01.000Z 52:54:00:69:00:0a from 0.0.0.0:68",
      "   the capture holds no answer to it",
      "",
      "1. 52:54:00:69:00:0a in the capture sends a DHCPDISCOVER",
    ]);
  });
});
