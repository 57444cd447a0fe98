import { describe, expect, test } from "vitest";
import { DrybootError } from "../core/errors.ts";
import type { GuestRun } from "./accelerator-verdict.ts";
import { judgeAccelerator } from "./accelerator-verdict.ts";
import type { Examination } from "./doctor.ts";
import { judge } from "./doctor.ts";
import type { FirmwareFile } from "./firmware-file.ts";
import { needs } from "./packages.ts";
import type { QemuFeatures } from "./qemu-features.ts";
import { readProcessor } from "./resources.ts";
import type { Verdict } from "./verdict.ts";
import { asRoot, canBoot } from "./verdict.ts";

const gib = 2 ** 30;
const finished = (tookMs: number): GuestRun => ({ outcome: "finished", tookMs, stages: "123", said: "" });
const probed = { device: "/dev/kvm", builtIn: true, tcg: finished(120), tookMs: 200 } as const;

function file(path: string, version = "1.0"): FirmwareFile {
  return { path, sizeBytes: 1, sha256: "ab".repeat(32), version, versionFrom: "file" };
}

const everyFeature: QemuFeatures = {
  pc: true,
  q35: true,
  tcg: true,
  kvm: true,
  virtioNet: true,
  e1000: true,
  virtioRng: true,
  pvpanic: true,
  debugConsole: true,
  debugExit: true,
  tapNetdev: true,
  userNetdev: true,
  streamNetdev: true,
  dgramNetdev: true,
  shutdownAction: true,
  panicExitFailure: true,
  pngScreendump: true,
  screendump: true,
  exitWithParent: true,
};
const qemu = {
  path: "/usr/bin/qemu",
  version: [9, 2, 0],
  versionText: "9.2.0",
  digest: "",
  features: everyFeature,
} as const;

/** A workstation on which everything works, for an ordinary user. */
const good: Examination = {
  uid: 1000,
  user: "ann",
  qemu,
  accelerator: judgeAccelerator({ ...probed, deviceState: "open", kvm: finished(50) }),
  kvmNode: { mode: 0o660, group: "kvm" },
  tun: { path: "/dev/net/tun", state: "open", mode: "0666" },
  namespaces: { own: { uid: 1000 }, settings: { inContainer: false, kernelHasThem: true } },
  firmware: {
    bios: file("/bios-256k.bin"),
    uefi: { code: file("/code"), vars: file("/vars") },
    roms: { "efi-virtio.rom": { ...file("/efi-virtio.rom"), images: [{ for: "bios", holds: "full iPXE" }] } },
    loaders: { "undionly.kpxe": file("/undionly.kpxe"), "snponly.efi": file("/snponly.efi") },
  },
  resources: {
    availableMemoryBytes: 8 * gib,
    processor: { cores: 4, virtualisation: "vmx", isGuest: false },
    store: { path: "/home/ann/.cache/dryboot", nearest: "/home/ann", freeBytes: 50 * gib, writable: true },
    reports: { path: "/src/reports", nearest: "/src/reports", freeBytes: 50 * gib, writable: true },
  },
  missingNeeds: [],
  missingOptional: [],
};

const find = (verdicts: readonly Verdict[], id: string) => verdicts.find((verdict) => verdict.id === id);
const withResources = (changed: Partial<Examination["resources"]>): Partial<Examination> => ({
  resources: { ...good.resources, ...changed },
});
const withAccelerator = (
  deviceState: "denied" | "absent" | "open",
  kvm?: GuestRun,
): Partial<Examination> => ({
  accelerator: judgeAccelerator({ ...probed, deviceState, ...(kvm && { kvm }) }),
});

test("a machine on which everything works has only good verdicts", () => {
  const verdicts = judge(good);
  expect(verdicts.filter(({ verdict }) => verdict !== "good")).toEqual([]);
  expect(canBoot(verdicts)).toBe(true);
  expect(find(verdicts, "accelerator")?.says).toMatch(/KVM is usable/);
});

const { accelerator: _, ...untried } = good;
const missingQemu = new DrybootError("QEMU for 64-bit PCs is not installed", {
  code: "QEMU_MISSING",
  where: "PATH",
  hint: "run `./dryboot setup`, which installs it",
  exitCode: 2,
});

describe("what is not good is mended", () => {
  const tunDenied = { path: "/dev/net/tun", state: "denied", mode: "0600" } as const;
  const noNamespaces = { uid: 1000, failed: "uid-map", said: "write failed /proc/self/uid_map" } as const;
  const ubuntu = { inContainer: false, kernelHasThem: true, apparmorRestrictsUserns: 1 };
  const { bios: _bios, ...uefiOnly } = good.firmware;

  test.each<[string, Examination, string, Verdict["verdict"], boolean, RegExp]>([
    ["no QEMU", { ...untried, qemu: missingQemu }, "qemu", "missing", false, /^\.\/dryboot setup$/],
    [
      "QEMU without PNG",
      { ...good, qemu: { ...qemu, features: { ...everyFeature, pngScreendump: false } } },
      "qemu",
      "limited",
      true,
      /full qemu-system-x86/,
    ],
    [
      "/dev/kvm for its group",
      { ...good, ...withAccelerator("denied") },
      "accelerator",
      "limited",
      true,
      /^sudo usermod -aG kvm ann \(then log in again\)$/,
    ],
    [
      "/dev/kvm for root alone",
      { ...good, ...withAccelerator("denied"), kvmNode: { mode: 0o600, group: "root" } },
      "accelerator",
      "limited",
      true,
      /^sudo chmod 0666 \/dev\/kvm$/,
    ],
    [
      "no kvm module",
      { ...good, ...withAccelerator("absent") },
      "accelerator",
      "limited",
      true,
      /^sudo modprobe kvm_intel$/,
    ],
    [
      "KVM in a guest that breaks",
      {
        ...good,
        ...withAccelerator("open", { outcome: "stopped", tookMs: 9, stages: "1", said: "Suberror: 1" }),
        ...withResources({ processor: { cores: 2, isGuest: true } }),
      },
      "accelerator",
      "limited",
      true,
      /nested virtualisation/,
    ],
    [
      "a guest that runs nowhere",
      {
        ...good,
        accelerator: judgeAccelerator({
          ...probed,
          deviceState: "absent",
          tcg: { outcome: "refused", tookMs: 1, stages: "", said: "no memory" },
        }),
      },
      "accelerator",
      "missing",
      false,
      /--refresh/,
    ],
    [
      "tun for root alone",
      { ...good, tun: tunDenied },
      "tun",
      "missing",
      false,
      /^sudo chmod 0666 \/dev\/net\/tun$/,
    ],
    [
      "AppArmor",
      { ...good, namespaces: { own: noNamespaces, settings: ubuntu } },
      "namespaces",
      "missing",
      false,
      /^sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0$/,
    ],
    [
      "ordinary users, asked by root",
      {
        ...good,
        uid: 0,
        namespaces: { own: { uid: 0 }, ordinary: { ...noNamespaces, uid: 65534 }, settings: ubuntu },
      },
      "namespaces-ordinary",
      "limited",
      true,
      /^sysctl -w/,
    ],
    ["no SeaBIOS", { ...good, firmware: uefiOnly }, "firmware-bios", "missing", true, /^\.\/dryboot setup$/],
    [
      "no firmware at all",
      { ...good, firmware: { roms: {}, loaders: {} } },
      "firmware-uefi",
      "missing",
      false,
      /^\.\/dryboot setup$/,
    ],
    [
      "little memory",
      { ...good, ...withResources({ availableMemoryBytes: gib }) },
      "memory",
      "limited",
      true,
      /free -m/,
    ],
    [
      "hardly any memory",
      { ...good, ...withResources({ availableMemoryBytes: gib / 4 }) },
      "memory",
      "missing",
      false,
      /free -m/,
    ],
    [
      "one core",
      { ...good, ...withResources({ processor: { cores: 1, isGuest: false } }) },
      "cores",
      "limited",
      true,
      /second processor/,
    ],
    [
      "a full disk",
      { ...good, ...withResources({ store: { ...good.resources.store, freeBytes: 2 ** 20 } }) },
      "store",
      "missing",
      false,
      /du -sh/,
    ],
    [
      "another user's checkout",
      { ...good, ...withResources({ reports: { ...good.resources.reports, writable: false } }) },
      "reports",
      "missing",
      false,
      /^sudo chown -R 1000/,
    ],
    [
      "no iproute2",
      { ...good, missingNeeds: needs.filter(({ name }) => name.startsWith("ip (")) },
      "need-ip-iproute2",
      "missing",
      false,
      /^\.\/dryboot setup$/,
    ],
    ["no dnsmasq", { ...good, missingOptional: ["dnsmasq"] }, "optional-dnsmasq", "limited", true, /dnsmasq/],
  ])("%s", (_name, examination, id, verdict, boots, mend) => {
    const verdicts = judge(examination);
    expect(find(verdicts, id)).toMatchObject({
      verdict,
      disables: expect.stringMatching(/./),
      mend: expect.stringMatching(mend),
    });
    expect(canBoot(verdicts)).toBe(boots);
  });

  test("the same lack is told once, by whoever looked closer", () => {
    const verdicts = judge({ ...untried, qemu: missingQemu, missingNeeds: needs });
    const titles = verdicts.map(({ title }) => title);
    expect(titles).not.toContain("UEFI firmware (OVMF)");
    expect(titles.filter((title) => title === "QEMU")).toHaveLength(1);
  });
});

test.each([
  ["chmod 0666 /dev/kvm", 0, "chmod 0666 /dev/kvm"],
  ["chmod 0666 /dev/kvm", 1000, "sudo chmod 0666 /dev/kvm"],
  ["modprobe tun; test -e x || mknod x", 1000, "sudo sh -c 'modprobe tun; test -e x || mknod x'"],
])("%j for user %i is %j", (command, uid, typed) => expect(asRoot(command, uid)).toBe(typed));

test.each([
  ["flags\t\t: fpu vmx sse2\n", { virtualisation: "vmx", isGuest: false }],
  ["processor: 0\nflags : fpu hypervisor svm\n", { virtualisation: "svm", isGuest: true }],
  ["", { isGuest: false }],
])("processor flags %j", (cpuinfo, expected) => expect(readProcessor(cpuinfo)).toEqual(expected));
