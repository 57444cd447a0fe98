import { describe, expect, test } from "vitest";
import { node1, uuid, world } from "../boot/explain.fixture.ts";
import type { Asked } from "./explain-asked.ts";
import { askedFor } from "./explain-asked.ts";

const { site } = world();
const known = { ...site, machines: [...site.machines, { name: "node2", mac: "52:54:00:69:00:0b", uuid }] };
const asked = (flags: Asked) => askedFor(flags, known);

describe("who is explained", () => {
  test("without a word, the first machine as a UEFI PXE client, and all of that is said", () => {
    const { name, client, assumed } = asked({});
    expect({ name, mac: client.mac }).toEqual({ name: "ovmf-pxe", mac: node1 });
    expect(assumed).toEqual([
      "node1 asks, the site's first machine (--machine, --mac)",
      "the client is ovmf-pxe, UEFI firmware's own PXE client (EDK2) (--client, --arch)",
      expect.stringContaining("captured"),
      "it names no UUID (--uuid)",
      "nobody has a lease yet",
    ]);
  });

  test("a machine by its name, with the UUID the site knows", () => {
    expect(asked({ machine: "node2" }).client).toMatchObject({ mac: "52:54:00:69:00:0b", uuid });
  });

  test("a MAC in any spelling, also one that is in no site", () => {
    expect(asked({ mac: "52-54-00-69-00-0B" }).client).toMatchObject({ mac: "52:54:00:69:00:0b", uuid });
    expect(asked({ mac: "020000000001" }).client.mac).toBe("02:00:00:00:00:01");
  });

  test.each([
    ["0", 0, "bios-pxe"],
    ["bios", 0, "bios-pxe"],
    ["7", 7, "ovmf-pxe"],
    ["0x10", 16, "ovmf-http"],
    ["00:0B", 11, "ovmf-pxe"],
    ["x64-http", 16, "ovmf-http"],
  ])("architecture %s is %i, and asks as %s", (arch, code, name) => {
    expect(asked({ arch })).toMatchObject({ name, client: { architectures: [code] } });
  });

  test("features make an iPXE of it", () => {
    expect(asked({ arch: "0", ipxeFeatures: "http,39, 0x18" })).toMatchObject({
      name: "ipxe-bios",
      client: { ipxeFeatures: [19, 39, 24] },
    });
    expect(asked({ ipxeFeatures: "19" }).name).toBe("ipxe-efi");
  });

  test.each<[Asked, RegExp]>([
    [{ machine: "nod1" }, /no machine `nod1`/],
    [{ machine: "node2", mac: node1 }, /node2 has the MAC 52:54:00:69:00:0b, not 52:54:00:69:00:0a/],
    [{ mac: "52:54" }, /not a MAC address/],
    [{ uuid: "5f3c" }, /not a UUID/],
    [{ arch: "x65" }, /`--arch x65`: no architecture/],
    [{ arch: "70000" }, /no architecture/],
    [{ ipxeFeatures: "htp" }, /no feature `htp`/],
    [{ ipxeFeatures: "200" }, /no feature `200`/],
  ])("refuses %j", (flags, says) => expect(() => asked(flags)).toThrow(says));

  test("needs somebody", () => {
    expect(() => askedFor({}, { ...site, machines: [] })).toThrow(/no machine that could ask/);
  });
});
