import { describe, expect, test } from "vitest";
import { imagePath } from "./boot-paths.ts";
import { bootScript, refusalScript } from "./boot-script.ts";
import type { BootMachine, BootSite, ImageUse } from "./boot-site.ts";
import type { Unattended } from "./failure-lines.ts";
import { defaultLoaders } from "./loaders.ts";
import type { ImagePlan, ScriptPlan } from "./plan.ts";
import { planFor } from "./plan.ts";
import { clientOfScript } from "./script-address.ts";

const mac = "52:54:00:69:00:0a";

function scriptOf(...told: Parameters<typeof scriptOn>) {
  return bootScript(...scriptOn(...told));
}
const scriptParts = (unattended: Unattended) => scriptOn({}, {}, "", unattended);

function scriptOn(
  use: Partial<ImageUse> = {},
  machine: Partial<BootMachine> = {},
  ownCommandLine = "console=ttyS0,115200",
  unattended?: Unattended,
): Parameters<typeof bootScript> {
  const site: BootSite = {
    server: "10.69.0.1",
    http: "http://10.69.0.1",
    machines: [{ name: "node1", mac, image: "rescue", ...machine }],
    images: new Map([["rescue", { reportsReady: false, ...use }]]),
    loaders: defaultLoaders,
    ...(unattended === undefined ? {} : { whenBootFails: unattended }),
  };
  const client = clientOfScript(new URLSearchParams({ mac }));
  const plan = client && planFor(client, site);
  const image = {
    kernel: { name: "vmlinuz" },
    initrds: [{ name: "initrd.img" }],
    commandLine: ownCommandLine,
  };
  return [plan as ScriptPlan & ImagePlan, image, site];
}
const kernelLine = (...told: Parameters<typeof scriptOf>) =>
  scriptOf(...told)
    .split("\n")
    .find((line) => line.startsWith("kernel "));

describe("the script that boots a NixOS", () => {
  const init = "init=/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8-nixos-system-nixos-kexec-26.05.2/init";
  const own = `${init} root=fstab console=ttyS0,115200`;

  test("says its own words and those of the site", () => {
    expect(kernelLine({ commandLine: "boot.trace" }, {}, own)).toContain(` ${own} boot.trace `);
  });

  test.each([
    [{ commandLine: "init=/bin/sh" }, /`init=\/bin\/sh` is not the init of this image/],
    [{ commandLine: "root=/dev/sda1" }, /`root=\/dev\/sda1` stands beside/],
    [{ replaceCommandLine: "console=ttyS0" }, /names no `init=`/],
    [{ replaceCommandLine: `${init} ${init}` }, /names 2 `init=`/],
  ])("is not made with %j", (use, why) => {
    expect(() => scriptOf(use, {}, own)).toThrow(
      expect.objectContaining({ code: "COMMAND_LINE", message: expect.stringMatching(why) }),
    );
  });
});

describe("the script that boots an image", () => {
  test("reads like this", () => {
    expect(scriptOf({ reportsReady: true })).toMatchInlineSnapshot(`
      "#!ipxe
      set user-class dryboot
      set attempt:int32 0
      set pause:int32 0
      set last Nothing has failed so far
      :start
      inc attempt
      echo dryboot: booting rescue on node1, attempt \${attempt} of 10
      set task get an address by DHCP
      isset \${netX/ip} || dhcp || goto failed
      set task fetch kernel
      kernel --name kernel http://10.69.0.1/images/rescue/vmlinuz initrd=initrd.img dryboot.ready=http://10.69.0.1/ready BOOTIF=01-\${netX/mac:hexhyp} console=ttyS0,115200 || goto failed
      set task fetch initrd.img
      initrd --name initrd.img http://10.69.0.1/images/rescue/initrd.img || goto failed
      set task start kernel
      boot || goto broken
      goto broken
      :broken
      set error:int32 \${errno}
      echo dryboot: boot failed: could not \${task}
      echo dryboot: the error was \${error:hexraw} in attempt \${attempt}
      set last Last failure: could not \${task} (error \${error:hexraw})
      imgfree
      goto debug
      :failed
      set error:int32 \${errno}
      echo dryboot: boot failed: could not \${task}
      echo dryboot: the error was \${error:hexraw} in attempt \${attempt}
      set last Last failure: could not \${task} (error \${error:hexraw})
      imgfree
      :failed.wait
      iseq \${attempt} 10 && goto given-up ||
      inc pause 2
      echo dryboot: Trying again in \${pause} seconds, or now with any key but d
      prompt --key d --timeout \${pause}000 dryboot: press d for the network card, a shell and other ways out && goto debug ||
      goto start
      :given-up
      echo dryboot: gave up after 10 attempts
      :debug
      menu dryboot: what else there is
      item --gap -- \${last}
      item --key r debug.again Try again
      item --key n debug.network Show the network card
      item --key s debug.shell iPXE's shell
      item --key b debug.reboot Restart
      item --key p debug.poweroff Switch off
      item --key x debug.exit Go on to the firmware's next boot device
      item --gap -- Left alone for 30 seconds: go on to the firmware's next boot device
      choose --default debug.exit --timeout 30000 selected || goto debug.exit
      goto \${selected}
      :debug.again
      set attempt:int32 0
      set pause:int32 0
      goto start
      :debug.network
      ifstat ||
      route ||
      prompt --timeout 60000 dryboot: press any key to go back ||
      goto debug
      :debug.shell
      echo dryboot: type exit to come back
      shell ||
      goto debug
      :debug.reboot
      reboot ||
      :debug.poweroff
      poweroff ||
      :debug.exit
      echo dryboot: going back to the firmware
      exit 1
      "
    `);
  });

  test("jumps back only after counting and waiting, and never at the last attempt", () => {
    const lines = scriptOf().trim().split("\n");
    const back = lines.flatMap((line, at) => (line === "goto start" ? [at] : []));
    const [again = 0, person = 0] = back;
    expect(back).toHaveLength(2);
    expect(lines.slice(lines.indexOf(":failed"), again).join("\n")).toMatch(
      /^iseq \$\{attempt\} 10 && goto given-up \|\|\ninc pause 2$[\s\S]*^prompt --key d --timeout \$\{pause\}000 /m,
    );
    expect(lines.slice(lines.indexOf(":debug.again"), person)).toEqual([
      ":debug.again",
      "set attempt:int32 0",
      "set pause:int32 0",
    ]);
    expect(lines[lines.indexOf(":start") + 1]).toBe("inc attempt");
    expect(lines.at(-1)).toBe("exit 1");
  });

  test.each([
    ["firmware", "exit", "go on to the firmware's next boot device"],
    ["poweroff", "poweroff", "switch off"],
  ] as const)(
    "left alone after the last attempt it does what the site says: %s",
    (unattended, item, says) => {
      const script = bootScript(...scriptParts(unattended));
      expect(script).toContain(`item --gap -- Left alone for 30 seconds: ${says}\n`);
      expect(script).toContain(
        `choose --default debug.${item} --timeout 30000 selected || goto debug.${item}\n`,
      );
    },
  );

  test("joins the command lines of image, site and machine in this order", () => {
    const line = kernelLine({ commandLine: "console=tty0" }, { commandLine: 'dyndbg="file x.c +p"' });
    expect(line).toContain(' console=ttyS0,115200 console=tty0 dyndbg="file x.c +p" || goto failed');
  });

  test("puts the site's command line in the place of the image's", () => {
    expect(kernelLine({ replaceCommandLine: "quiet" })).toMatch(/hexhyp\} quiet \|\| goto failed$/);
  });

  test("tells who reads it where the machine's overlay is", () => {
    const overlay = "/srv/shoe";
    const word = ` apkovl=http://10.69.0.1/overlays/${mac}.apkovl.tar.gz `;
    expect(kernelLine({ readsApkovl: true }, { overlay })).toContain(word);
    expect(kernelLine({ readsApkovl: true })).not.toContain("apkovl");
    expect(kernelLine({}, { overlay })).not.toContain("apkovl");
    const [plan, image, site] = scriptOn({ readsApkovl: true });
    expect(bootScript(plan, image, { ...site, keepsStates: true })).toContain(word);
    const own = "apkovl={http}/own/{name}.apkovl.tar.gz";
    const line = kernelLine({ readsApkovl: true, commandLine: own }, { overlay });
    expect(line?.match(/apkovl=\S+/g)).toEqual(["apkovl=http://10.69.0.1/own/node1.apkovl.tar.gz"]);
  });

  // facts/images.md §C1
  test("tells an installer where its files are, and leaves the installed system's words behind `---`", () => {
    expect(
      kernelLine({ commandLine: "priority=low" }, {}, "url={files}/preseed.cfg log={http}/log --- quiet"),
    ).toContain(
      " url=http://10.69.0.1/images/rescue/preseed.cfg log=http://10.69.0.1/log priority=low --- quiet ||",
    );
  });

  // Linux reads 2,047 bytes, and on EFI iPXE puts "kernel " in front of what the script says.
  test("fills the kernel's command line to the last byte", () => {
    const line = kernelLine()?.replace(/^kernel --name kernel \S+ | \|\| goto failed$/g, "") ?? "";
    const asRead = `kernel ${line.replace(/\$\{.*?\}/, "52-54-00-69-00-0a")} `;
    const left = 2047 - asRead.length;
    expect(() => scriptOf({ commandLine: "x".repeat(left) })).not.toThrow();
    expect(() => scriptOf({ commandLine: "x".repeat(left + 1) })).toThrow(/it is 2048 bytes long/);
  });

  test("is not written when the kernel would not be told all of it", () => {
    expect(() => scriptOf({ commandLine: "x".repeat(2000) })).toThrow(
      /command line of image rescue cannot be passed on: it is 20\d\d bytes long and Linux reads 2047/,
    );
    expect(() => scriptOf({}, {}, "a #b")).toThrow(/"#b" begins with `#`/);
  });
});

describe("the script for who has nothing to boot", () => {
  test("says why in one line and goes back to the firmware", () => {
    expect(
      refusalScript("52:54:00:69:00:ff is no machine of this site\n&& shell").split("\n").slice(0, 3),
    ).toEqual([
      "#!ipxe",
      "echo dryboot: boot failed: 52:54:00:69:00:ff is no machine of this site ? shell",
      "echo dryboot: nothing to boot; going back to the firmware",
    ]);
  });
});

test("a file's path stays below its image whatever it is called", () => {
  expect(imagePath("rescue", "../../etc/passwd")).toBe("images/rescue/..%2F..%2Fetc%2Fpasswd");
});
