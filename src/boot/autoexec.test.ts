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
    const { script = "", ...rest } = autoexecFor(node1, site);
    expect(rest).toEqual({ mac: node1, reason: "it is for node1" });
    const lines = script.split("\n");
    expect(lines.slice(0, lines.indexOf(":failed"))).toEqual([
      "#!ipxe",
      "imgfree",
      "set user-class dryboot",
      "set attempt:int32 0",
      "set pause:int32 0",
      "set last Nothing has failed so far",
      "set arch 7",
      `iseq \${buildarch} arm64 && set arch 11 ||`,
      `iseq \${platform} pcbios && set arch 0 ||`,
      ":start",
      "inc attempt",
      "set task get an address by DHCP",
      `isset \${netX/ip} || dhcp || goto failed`,
      "set task fetch the boot script",
      `chain --replace --autofree http://10.69.0.1/boot.ipxe?by=dryboot&mac=\${netX/mac:hexhyp}&uuid=\${uuid}&arch=\${arch} || goto failed`,
    ]);
  });

  test.each([
    ["goes on to the firmware", undefined, "debug.exit"],
    ["switches off", "poweroff", "debug.poweroff"],
  ] as const)(
    "ends, where nobody is there and the server is not, as the site wants: %s",
    (_, whenBootFails, label) => {
      const { script } = autoexecFor(node1, whenBootFails ? { ...site, whenBootFails } : site);
      expect(script).toContain(`\niseq \${attempt} 10 && goto given-up ||\n`);
      expect(script).toContain(`choose --default ${label} --timeout 30000 selected || goto ${label}\n`);
    },
  );

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
