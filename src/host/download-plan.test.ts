import { describe, expect, test } from "vitest";
import { parseStanzas } from "./control-stanzas.ts";
import { downloadName, kernelBehind, planned } from "./download-plan.ts";

const [meta, kernel, busybox] = parseStanzas(`Package: linux-image-cloud-amd64
Version: 6.1.192-2
Depends: linux-image-6.1.0-56-cloud-amd64 (= 6.1.192-2)
Description: Linux for x86-64 cloud (meta-package)
 Nothing but a dependency.

Package: linux-image-6.1.0-56-cloud-amd64
Version: 6.1.192-2
Depends: kmod, linux-base (>= 4.3~), initramfs-tools (>= 0.120+deb8u2) | linux-initramfs-tool

Package: busybox-static
Architecture: amd64
Version: 1:1.35.0-4+deb12u1+b1
Installed-Size: 1951
Size: 928188
SHA256: ${"3d".repeat(32)}
`);

describe("what is downloaded for a name", () => {
  test("is the kernel itself, where the name is a meta package's", () => {
    expect(meta && kernelBehind(meta)).toBe("linux-image-6.1.0-56-cloud-amd64");
    expect(kernel && kernelBehind(kernel)).toBeUndefined();
    expect(busybox && kernelBehind(busybox)).toBeUndefined();
  });

  test("is what the signed index says of it", () => {
    const plan = busybox && planned(busybox, "busybox-static");
    expect(plan).toEqual({
      askedFor: "busybox-static",
      name: "busybox-static",
      version: "1:1.35.0-4+deb12u1+b1",
      architecture: "amd64",
      sha256: "3d".repeat(32),
      sizeBytes: 928188,
      unpackedBytes: 1951 * 1024,
    });
    expect(plan && downloadName(plan)).toBe("busybox-static_1%3a1.35.0-4+deb12u1+b1_amd64.deb");
  });

  test("is an error where the index leaves out a digest", () => {
    expect(() => kernel && planned(kernel, "linux")).toThrow(/says nothing about the/);
  });
});
