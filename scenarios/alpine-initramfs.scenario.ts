import { expect } from "vitest";
import { mirrorsHere } from "../src/images/mirrors.ts";
import { scenario } from "../src/test/scenario.ts";

const noMirror = mirrorsHere().length === 0 ? "DRYBOOT_ALPINE_MIRROR names no folder" : undefined;
const uuid = "6d1c0a8e-5b3f-4e0a-9c53-6f0d1a2b3c4d";

scenario(
  "an Alpine all in its initramfs boots from two files, and finds its disk by UUID the next time",
  async ({ lab, skip }) => {
    skip(noMirror !== undefined, noMirror);
    await lab.netboot("alpine-initramfs");
    const machine = await lab.machine("node1", { lane: "bios-pxe" });

    await lab.step("it is switched on", () => machine.powerOn());
    await lab.step("it asks who logs in, by its name", () => machine.sees(/\nnode1 login: $/, "300s"));
    await lab.step("root logs in", () => machine.logIn("root"));

    expect(await machine.run("cat /etc/alpine-release; readlink /init; rc-status -r")).toBe(
      "3.19.1\n/sbin/init\ndefault",
    );
    expect(await machine.run("rc-service sshd status")).toContain("status: started");
    // Nothing but two files, a script and a word came over HTTP: no repository, no modloop.
    expect(new Set(lab.facts("http.sent").map(({ path }) => path))).toEqual(
      new Set(["boot.ipxe", "images/node/vmlinuz", "images/node/initrd.img", "ready"]),
    );
    expect(await machine.run("stat -c %U:%G:%a /home/keeper /etc/shadow /bin/bbsuid")).toBe(
      "keeper:keeper:755\nroot:shadow:640\nroot:root:4111",
    );
    expect(machine.console.text).toContain(`no disk has the UUID ${uuid}`);

    await lab.step("a file system is made on its disk", () =>
      machine.run(`mkfs.ext4 -q -U ${uuid} /dev/vda && rc-service -q data restart && echo kept >/data/word`),
    );
    await lab.step("it boots again", async () => machine.types("reboot\n"));
    await lab.step("it asks who logs in once more", () =>
      machine.sees(/\nnode1 login: $/, "300s", { ignore: ["guest-reset"] }),
    );
    await lab.step("root logs in once more", () => machine.logIn("root"));
    expect(await machine.run("cat /data/word; mount | grep -c ' /data '")).toBe("kept\n1");
  },
);

scenario(
  "the minirootfs alone is an image too, and QEMU loads it without a network boot",
  async ({ lab, skip }) => {
    skip(noMirror !== undefined, noMirror);
    await lab.netboot("alpine-initramfs");
    const machine = await lab.machine("node2", { lane: "bios-pxe", direct: true });

    await lab.step("it is switched on", () => machine.powerOn());
    await lab.step("it asks who logs in", () => lab.isUp(machine, "300s"));
    expect(machine.console.text).toContain("busybox init stands in for OpenRC");
    expect(machine.console.text).toMatch(/Welcome to Alpine Linux 3\.20/);
    expect(lab.facts("machine.ready")).toMatchObject([{ machine: "node2", address: "10.69.0.11" }]);
    expect(lab.facts("http.sent").map(({ path }) => path)).toEqual(["ready"]);
  },
);
