import { describe, expect, test } from "vitest";
import { NixProgress, nixCommand, nixOutputs } from "./nix-command.ts";

describe("what Nix is asked", () => {
  test("of a configuration: the three things a machine needs, each by its name", () => {
    const source = { kind: "configuration", configuration: "/etc/node.nix" } as const;
    const [program, args] = nixCommand(source, "aarch64-linux", "/tmp/result");
    expect(program).toBe("nix-build");
    expect(args.join(" ")).toBe(
      "<nixpkgs/nixos> -I nixos-config=/etc/node.nix --argstr system aarch64-linux --out-link /tmp/result" +
        " -A config.system.build.kernel -A config.system.build.netbootRamdisk -A config.system.build.netbootIpxeScript",
    );
  });

  test("of a flake: the same of one of its systems", () => {
    const [program, args] = nixCommand(
      { kind: "flake", flake: "/srv/lab#node" },
      "x86_64-linux",
      "/tmp/result",
    );
    expect(program).toBe("nix");
    expect(args.filter((word) => word.startsWith("/srv/lab#"))).toEqual(
      ["kernel", "netbootRamdisk", "netbootIpxeScript"].map(
        (part) => `/srv/lab#nixosConfigurations.node.config.system.build.${part}`,
      ),
    );
  });
});

test.each([
  ["/a\n/b\n/c\n", { kernel: "/a", ramdisk: "/b", script: "/c" }],
  ["/a\n/b\n", undefined],
  ["/a\n/b\n/c\n/d\n", undefined],
  ["/a\n/b\nwarning\n", undefined],
])("of %j it is known which part is where", (printed, outputs) =>
  expect(nixOutputs(printed)).toEqual(outputs),
);

test("how far a build is, is counted in what Nix has announced", () => {
  const progress = new NixProgress();
  const store = "/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8";
  expect(
    [
      "this derivation will be built:",
      `  ${store}-initrd.drv`,
      "these 2 paths will be fetched (1.20 MiB download, 5.00 MiB unpacked):",
      `copying path '${store}-hello' from 'https://cache.example.org'...`,
      `copying path '${store}-busybox-1.36' from 'https://cache.example.org'...`,
      `building '${store}-initrd.drv'...`,
      `building '${store}-more.drv'...`,
    ].map((line) => progress.read(line)),
  ).toEqual([
    "this derivation will be built",
    undefined,
    "these 2 paths will be fetched (1.20 MiB download, 5.00 MiB unpacked)",
    "copying hello, 1 of 3",
    "copying busybox-1.36, 2 of 3",
    "building initrd, 3 of 3",
    "building more",
  ]);
});
