import { describe, expect, test } from "vitest";
import { configNamesOf, parseConfigName, swappedUuid } from "./config-names.ts";

const uuid = "33221100-5544-7766-8899-aabbccddeeff";
const mac = "52:54:00:69:00:0a";

describe("the name of a loader's configuration", () => {
  // In the order of test/corpus/pxelinux-6.04.txt, and of GRUB's own search.
  test.each([
    [`pxelinux.cfg/${uuid}`, { loader: "pxelinux", owner: { uuid } }],
    ["pxelinux.cfg/01-52-54-00-69-00-0a", { loader: "pxelinux", owner: { mac } }],
    ["pxelinux.cfg/0A45000A", { loader: "pxelinux", owner: { address: "10.69.0.10" } }],
    ["pxelinux.cfg/0A45000", { loader: "pxelinux", owner: { anybody: true } }],
    ["pxelinux.cfg/0", { loader: "pxelinux", owner: { anybody: true } }],
    ["pxelinux.cfg/default", { loader: "pxelinux", owner: { anybody: true } }],
    ["boot/bios/pxelinux.cfg/default", { loader: "pxelinux", owner: { anybody: true } }],
    [`grub/grub.cfg-${uuid}`, { loader: "grub", owner: { uuid } }],
    ["grub/grub.cfg-01-52-54-00-69-00-0a", { loader: "grub", owner: { mac } }],
    ["grub/grub.cfg-01-52:54:00:69:00:0a", { loader: "grub", owner: { mac } }],
    ["grub/grub.cfg-0A45000A", { loader: "grub", owner: { address: "10.69.0.10" } }],
    ["grub/grub.cfg-0A45", { loader: "grub", owner: { anybody: true } }],
    ["grub/x86_64-efi/grub.cfg", { loader: "grub", owner: { anybody: true } }],
    ["grub.cfg", { loader: "grub", owner: { anybody: true } }],
  ])("%s says whose it is", (path, name) => {
    expect(parseConfigName(path)).toEqual(name);
  });

  test.each([
    "pxelinux.cfg",
    "pxelinux.cfg/",
    "pxelinux.cfg/x",
    "pxelinux.cfg/01-52-54-00-69-00",
    "pxelinux.cfg/06-52-54-00-69-00-0a", // not Ethernet
    "pxelinux.cfg/00000000-0000-0000-0000-000000000000", // firmware without a UUID
    "pxelinux.cfg/0A45000A0",
    "pxelinux.cfg/a/b",
    "notpxelinux.cfg/default",
    "grub/grub.cfg-",
    "grub/grub.cfg.bak",
    "mygrub.cfg",
    "ldlinux.c32",
  ])("%s is no such name", (path) => {
    expect(parseConfigName(path)).toBeUndefined();
  });

  test("the names given out for a machine lead back to it", () => {
    for (const loader of ["pxelinux", "grub"] as const) {
      const [first = "", last = ""] = configNamesOf(loader, mac);
      expect(parseConfigName(first)).toEqual({ loader, owner: { mac } });
      expect(parseConfigName(last)).toEqual({ loader, owner: { anybody: true } });
    }
  });

  test("a UUID is the same one read the other way round", () => {
    expect(swappedUuid(uuid)).toBe("00112233-4455-6677-8899-aabbccddeeff");
    expect(swappedUuid(swappedUuid(uuid))).toBe(uuid);
  });
});
