import { describe, expect, test } from "vitest";
import { autoexecFor, isAutoexec } from "./autoexec.ts";
import { node1, world } from "./explain.fixture.ts";

const { site } = world({ autoexec: true });

describe("autoexec.ipxe", () => {
  test.each(["autoexec.ipxe", "ipxe-2.0.0/autoexec.ipxe", "a/b/autoexec.ipxe"])(
    "is asked for as %s",
    (path) => {
      expect(isAutoexec(path)).toBe(true);
    },
  );
  test.each(["boot.ipxe", "xautoexec.ipxe", "autoexec.ipxe/x", "autoexec.ipxe.bak"])("is not %s", (path) => {
    expect(isAutoexec(path)).toBe(false);
  });

  test("gets an address where there is none, and then the boot script of the card that asked", () => {
    expect(autoexecFor(node1, site)).toEqual({
      mac: node1,
      reason: "it is for node1",
      script: [
        "#!ipxe",
        "imgfree",
        "set user-class dryboot",
        "set arch 7",
        `iseq \${buildarch} arm64 && set arch 11 ||`,
        `iseq \${platform} pcbios && set arch 0 ||`,
        "set attempt:int32 0",
        ":start",
        "inc attempt",
        `isset \${netX/ip} && goto online ||`,
        "dhcp || goto failed",
        ":online",
        `chain --replace --autofree http://10.69.0.1/boot.ipxe?by=dryboot&mac=\${netX/mac:hexhyp}&uuid=\${uuid}&arch=\${arch} || goto failed`,
        ":failed",
        `echo dryboot: autoexec.ipxe: no boot script in attempt \${attempt} of 3`,
        `iseq \${attempt} 3 && exit 1 ||`,
        "sleep 3",
        "goto start",
        "",
      ].join("\n"),
    });
  });

  test("is for whoever asks from an address that another server lent", () => {
    expect(autoexecFor(undefined, site)).toMatchObject({ script: expect.stringContaining("#!ipxe") });
  });

  test.each([
    ["where the site wants none", node1, world().site, "`loaders.autoexec` is `off`"],
    ["for a machine with nothing to boot", "52:54:00:69:00:99", site, "the site has no default image"],
  ])("is not there %s, for a reason", (_, mac, at, why) => {
    const { script, reason } = autoexecFor(mac, at);
    expect([script, reason]).toEqual([undefined, expect.stringContaining(why)]);
  });
});
