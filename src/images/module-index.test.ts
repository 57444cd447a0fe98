import { expect, test } from "vitest";
import { moduleFile } from "./kernel-module.fixture.ts";
import { moduleIndex } from "./module-index.ts";

const module = (path: string, modinfo: string) => ({ path, bytes: moduleFile(modinfo) });

test("modprobe is told what to load before a module, the first of it last, and what asks for it", () => {
  const index = moduleIndex([
    module("kernel/virtio-net.ko", "alias=virtio:d00000001v*\0depends=net_failover,virtio\0"),
    module("kernel/net_failover.ko", "depends=failover,missing\0"),
    module("kernel/failover.ko", "depends=\0"),
    module("kernel/virtio.ko", "license=GPL\0"),
  ]);
  expect(index["modules.dep"].split("\n")).toEqual([
    "kernel/failover.ko:",
    "kernel/net_failover.ko: kernel/failover.ko",
    "kernel/virtio-net.ko: kernel/virtio.ko kernel/net_failover.ko kernel/failover.ko",
    "kernel/virtio.ko:",
    "",
  ]);
  expect(index["modules.alias"]).toBe("alias virtio:d00000001v* virtio_net\n");
});

test("modules that need each other are named once", () => {
  const index = moduleIndex([module("a.ko", "depends=b\0"), module("b.ko", "depends=a\0")]);
  expect(index["modules.dep"]).toBe("a.ko: b.ko\nb.ko: a.ko\n");
});
