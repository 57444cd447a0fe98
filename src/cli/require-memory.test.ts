import { expect, test } from "vitest";
import type { OpenedImage } from "../images/store.ts";
import { checkedSite } from "../site/load.ts";
import { requireMemory } from "./require-memory.ts";

const site = (memory: string) =>
  checkedSite(
    {
      name: "lab",
      images: { node: { recipe: "nixos", from: "/srv/result" } },
      machines: [{ name: "shoe", mac: "52:54:00:69:00:0a", image: "node", memory }],
    },
    "site",
  );
const built = {
  kernel: { sizeBytes: 12 * 2 ** 20 },
  initrds: [{ sizeBytes: 500 * 2 ** 20 }],
} as unknown as OpenedImage;

test("a machine with less memory than its NixOS needs is not started, and is told both figures", () => {
  expect(() => requireMemory(site("1G"), "shoe", [["node", built]])).toThrow(
    expect.objectContaining({
      code: "MEMORY_TOO_SMALL",
      // 2.5 x 500 MiB of initrd, the kernel, and 512 MiB for what runs then.
      message: "shoe has 1.0 GiB of memory, and image node needs about 1.7 GiB to start",
      hint: expect.stringContaining('memory: "1774M"'),
      exitCode: 2,
    }),
  );
  expect(requireMemory(site("1774M"), "shoe", [["node", built]])).toBeUndefined();
});
