import { describe, expect, test } from "vitest";
import type { BootSite } from "../src/boot/boot-site.ts";
import { defaultLoaders } from "../src/boot/loaders.ts";
import { kernelCommandLine, overTftp, scriptFor } from "./script.ts";

const mac = "52:54:00:69:00:0a";
const image = {
  kernel: { name: "vmlinuz" },
  initrds: [{ name: "initrd.img" }],
  commandLine: "console=ttyS0,115200 loglevel=6",
};
const site: BootSite = {
  server: "10.69.0.1",
  http: "http://10.69.0.1",
  machines: [{ name: "node1", mac, image: "rescue", commandLine: "quiet" }],
  images: new Map([["rescue", { reportsReady: true }]]),
  loaders: defaultLoaders,
};

describe("what the other variants take from our script", () => {
  test("is the command line, with the setting that iPXE would fill in", () => {
    expect(kernelCommandLine(scriptFor(mac, image, site), mac)).toBe(
      "initrd=initrd.img dryboot.ready=http://10.69.0.1/ready BOOTIF=01-52-54-00-69-00-0a " +
        "console=ttyS0,115200 loglevel=6 quiet",
    );
  });

  test("over TFTP it fetches from TFTP, and promises no ready address that TFTP has not", () => {
    const script = scriptFor(mac, image, overTftp(site));
    expect(script).toContain("tftp://10.69.0.1/images/rescue/vmlinuz");
    expect(script).not.toContain("http://");
    expect(script).not.toContain("dryboot.ready");
  });

  test("a setting that nobody here can fill in is not passed on as if it were text", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: iPXE's own notation
    const script = "#!ipxe\nkernel --name kernel http://x/k root=${net0/root-path} || goto failed\n";
    expect(() => kernelCommandLine(script, mac)).toThrow("not known here");
    expect(() => kernelCommandLine("#!ipxe\nshell\n", mac)).toThrow("loads no kernel");
  });

  test("a machine that no script boots is said to be none", () => {
    expect(() => scriptFor("52:54:00:00:00:99", image, site)).toThrow("no machine that a script boots");
  });
});
