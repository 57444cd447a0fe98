import { describe, expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { ConsoleText } from "./console-text.ts";
import type { BootFacts } from "./facts.ts";
import type { Wait } from "./wait.ts";
import { waitFor } from "./wait.ts";

const mac = "52:54:00:69:00:0a";

function setUp() {
  const timeline = new Timeline<BootFacts>();
  const text = new ConsoleText();
  const controller = new AbortController();
  const machine = { name: "node1", spec: { mac }, console: text };
  const says = (line: string) => {
    text.append(line);
    timeline.record("console.output", { machine: "node1", text: line });
  };
  const wait = (options: Partial<Wait<string>> = {}) =>
    waitFor(
      machine,
      {
        ...{ timeline, signal: controller.signal, phase: () => "kernel" },
        stands: () => ({ says: "it fetched the kernel", why: "it panicked" }),
      },
      {
        what: "a login",
        until: () => (/login: $/.test(text.text) ? "yes" : undefined),
        deadline: "5s",
        ...options,
      },
    );
  return { timeline, says, wait, controller };
}

const silent = { mac, messageType: "DHCPDISCOVER", reason: "mode is off" } as const;

describe("waiting for a machine", () => {
  test("ends with what it waited for, also when that was there before", async () => {
    const { says, wait } = setUp();
    says("rescue login: ");
    await expect(wait()).resolves.toBe("yes");
  });

  test("asks once of the past, however long it was", async () => {
    const { says, wait } = setUp();
    for (let line = 0; line < 1000; line += 1) says("booting\n");
    let asked = 0;
    const until = () => {
      asked += 1;
      return asked > 2 ? "yes" : undefined;
    };
    const waiting = wait({ until });
    expect(asked).toBe(1);
    says("more\n");
    says("and more\n");
    await expect(waiting).resolves.toBe("yes");
    expect(asked).toBe(3);
  });

  test("ends when the text comes in pieces", async () => {
    const { says, wait } = setUp();
    const waiting = wait();
    says("rescue log");
    says("in: ");
    await expect(waiting).resolves.toBe("yes");
  });

  test.each([
    ["a panic", "[1.0] Kernel panic - not syncing: VFS: Unable to mount root\r\n", "BOOT_KERNEL_PANIC"],
    ["an iPXE error", "Nothing to boot: No such file (http://ipxe.org/2d03e13b)\r\n", "BOOT_IPXE_ERROR"],
    ["a PXE code", "  PXE-E18: Server response timeout.\r\n", "BOOT_PXE_ERROR"],
    ["a dead end of the firmware", "No bootable device.\r\n", "BOOT_NO_BOOTABLE_DEVICE"],
    ["our script giving up", "dryboot: boot failed: could not fetch kernel\r\n", "BOOT_SCRIPT_FAILED"],
    ["a rescue that fails", "dryboot-rescue: FAILED no lease\r\n", "BOOT_RESCUE_FAILED"],
  ])("%s on the console fails it at once, naming phase and next step", async (_, line, code) => {
    const { says, wait } = setUp();
    const waiting = wait();
    says(line);
    await expect(waiting).rejects.toMatchObject({
      code,
      where: expect.stringMatching(/^phase kernel, .* into waiting for a login$/),
      hint: expect.stringMatching(/.{10}/),
      evidence: expect.arrayContaining([`console  ${line.trim()}`]),
    });
  });

  test("a sign of failure cut between two chunks is still seen", async () => {
    const { says, wait } = setUp();
    const waiting = wait();
    says("boot\r\n[1.0] Kernel pan");
    says("ic - not syncing: no init\r\n");
    await expect(waiting).rejects.toMatchObject({ code: "BOOT_KERNEL_PANIC" });
  });

  test("iPXE's banner, which names its home page, is no failure", async () => {
    const { says, wait } = setUp();
    const waiting = wait();
    says("iPXE 1.0.0 -- Open Source Network Boot Firmware -- http://ipxe.org\r\n");
    says("login: ");
    await expect(waiting).resolves.toBe("yes");
  });

  test("an expected sign does not fail it", async () => {
    const { says, wait } = setUp();
    const waiting = wait({ ignore: ["kernel-panic"] });
    says("Kernel panic - not syncing: on purpose\r\nlogin: ");
    await expect(waiting).resolves.toBe("yes");
  });

  test("a guest that asks for an address in vain fails it, though it never gives up", async () => {
    const { says, wait } = setUp();
    const waiting = wait();
    for (let asked = 0; asked < 5; asked += 1) says("udhcpc: broadcasting discover\r\n");
    says("udhcpc: lease of 10.69.0.10 obtained from 10.69.0.1, lease time 43200\r\n");
    for (let asked = 0; asked < 5; asked += 1) says("udhcpc: broadcasting discover\r\n");
    says("udhcpc: broadcasting dis");
    let failed = false;
    const watching = waiting.catch(() => {
      failed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(failed).toBe(false); // an answer begins the count anew, and half a line is none
    says("cover\r\n");
    await watching;
    await expect(waiting).rejects.toMatchObject({
      code: "BOOT_NO_LEASE",
      message: expect.stringContaining("asked 6 times"),
    });
  });

  test("a server that keeps silent fails it with the server's own reason", async () => {
    const { timeline, wait } = setUp();
    const waiting = wait();
    for (let asked = 0; asked < 4; asked += 1) timeline.record("dhcp.silent", silent);
    await expect(waiting).rejects.toMatchObject({
      code: "BOOT_DHCP_SILENT",
      message: expect.stringContaining("mode is off"),
    });
  });

  test("silence where another server answers does not: a proxy is mostly silent", async () => {
    const { timeline, says, wait } = setUp();
    const waiting = wait();
    for (let asked = 0; asked < 6; asked += 1) timeline.record("dhcp.silent", { ...silent, notOurs: true });
    says("login: ");
    await expect(waiting).resolves.toBe("yes");
  });

  test("a server that answers in between does not", async () => {
    const { timeline, says, wait } = setUp();
    const waiting = wait();
    const sent = {
      mac,
      xid: "1",
      messageType: "DHCPOFFER",
      yiaddr: "10.0.0.2",
      to: "x",
      reason: "pool",
    } as const;
    for (let asked = 0; asked < 6; asked += 1) {
      timeline.record("dhcp.silent", silent);
      if (asked % 2 === 1) timeline.record("dhcp.sent", sent as unknown as BootFacts["dhcp.sent"]);
    }
    says("login: ");
    await expect(waiting).resolves.toBe("yes");
  });

  test.each([
    ["RESET", "BOOT_GUEST_RESET"],
    ["SHUTDOWN", "BOOT_GUEST_SHUTDOWN"],
    ["GUEST_PANICKED", "BOOT_GUEST_PANICKED"],
  ])("QEMU's %s fails it", async (event, code) => {
    const { timeline, wait } = setUp();
    const waiting = wait();
    timeline.record("dhcp.received", { mac, xid: "1", messageType: "DHCPDISCOVER", from: "0.0.0.0:68" });
    timeline.record("vm.event", { machine: "node1", event, data: { reason: "x" } });
    await expect(waiting).rejects.toMatchObject({ code });
  });

  test("the reset that OVMF begins with does not fail it", async () => {
    const { timeline, says, wait } = setUp();
    const waiting = wait();
    timeline.record("vm.event", { machine: "node1", event: "RESET", data: {} });
    says("login: ");
    await expect(waiting).resolves.toBe("yes");
  });

  test("QEMU's end fails it with QEMU's last words; another machine's does not", async () => {
    const { timeline, wait } = setUp();
    const waiting = wait();
    timeline.record("vm.exited", { machine: "node2", code: 1, signal: null, stderr: "other" });
    timeline.record("vm.exited", { machine: "node1", code: 1, signal: null, stderr: "could not open disk" });
    await expect(waiting).rejects.toMatchObject({
      code: "BOOT_QEMU_EXIT",
      message: expect.stringContaining("could not open disk"),
    });
  });

  test("silence says where the boot stands, a sign of failure speaks for itself", async () => {
    const stands = "its packets say: it fetched the kernel: it panicked";
    const evidence = expect.arrayContaining([stands]);
    await expect(setUp().wait({ silence: "30ms" })).rejects.toMatchObject({ evidence });
    const { says, wait } = setUp();
    const waiting = wait();
    says("No bootable device.\r\n");
    await expect(waiting).rejects.toMatchObject({ evidence: expect.not.arrayContaining([stands]) });
  });

  test("a loop of loaders fails it, which shows on no console", async () => {
    const { timeline, wait } = setUp();
    const waiting = wait();
    timeline.record("boot.looping", { mac, what: "loader", file: "snponly.efi", times: 3, withinMs: 9000 });
    await expect(waiting).rejects.toMatchObject({
      code: "BOOT_LOOP",
      message: "node1: it fetched its loader snponly.efi 3 times and never got further",
    });
  });

  test("silence and the deadline are told apart", async () => {
    await expect(setUp().wait({ silence: "30ms" })).rejects.toMatchObject({ code: "BOOT_SILENCE" });
    const { timeline, wait } = setUp();
    const chatter = setInterval(
      () => timeline.record("vm.event", { machine: "node1", event: "RTC_CHANGE", data: {} }),
      5,
    );
    await expect(wait({ silence: "50ms", deadline: "120ms" })).rejects.toMatchObject({
      code: "BOOT_DEADLINE",
    });
    clearInterval(chatter);
  });

  test("stopping ends it without a verdict", async () => {
    const { wait, controller } = setUp();
    const waiting = wait();
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("waiting for a machine again", () => {
  test("what an earlier wait was told to ignore does not fail the next", async () => {
    const { says, wait } = setUp();
    const first = wait({ ignore: ["kernel-panic"] });
    says("Kernel panic - not syncing: on purpose\r\nlogin: ");
    await first;
    const second = wait({ until: () => undefined, deadline: "50ms" });
    says("one more line\r\n");
    await expect(second).rejects.toMatchObject({ code: "BOOT_DEADLINE" });
  });

  test("what happened between two waits does", async () => {
    const { says, wait } = setUp();
    says("login: ");
    await wait();
    says("\r\nKernel panic - not syncing: out of the blue\r\n");
    await expect(wait({ until: () => undefined })).rejects.toMatchObject({ code: "BOOT_KERNEL_PANIC" });
  });
});
