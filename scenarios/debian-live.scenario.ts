import { expect } from "vitest";
import { scenario } from "../src/test/scenario.ts";

scenario("a whole Debian comes up in memory, from one file over HTTP", async ({ lab, skip }) => {
  const why = await lab.whyNotHeavy();
  skip(why !== undefined, why);
  await lab.netboot("debian-live");
  const machine = await lab.machine("live1", { lane: "bios-pxe" });

  await lab.step("it is switched on", () => machine.powerOn());
  await lab.step("it asks who logs in", () => lab.isUp(machine, "240s"));
  await lab.step("root logs in without a password", () => machine.logIn("root", "60s"));

  expect(await machine.run("hostname")).toBe("live1");
  expect(await machine.run("cat /etc/debian_version")).toMatch(/^12\./);
  expect(await machine.run("systemctl is-system-running --wait || true", "60s")).toBe("running");
  // Its root is what it fetched, with memory laid over it.
  expect(await machine.run("findmnt --noheadings --output FSTYPE,SOURCE /")).toMatch(/^overlay\s+overlay$/);
  // Nothing of it differs from its packages but what was left out.
  const differs =
    "dpkg --verify base-files libc6 systemd | grep --invert-match --count ' /usr/share/' || true";
  expect(await machine.run(differs, "60s")).toBe("0");
  expect(await machine.run("networkctl status --no-pager ens* | grep -o 'State: .*'", "60s")).toMatch(
    /routable/,
  );
  const [ready] = lab.facts("machine.ready");
  expect(ready).toMatchObject({ machine: "live1", address: "10.69.0.10" });
  const fetched = lab.facts("http.sent").filter(({ path }) => path.startsWith("images/debian/"));
  expect(fetched.map(({ path, status }) => [path, status])).toEqual([
    ["images/debian/vmlinuz", 200],
    ["images/debian/initrd.img", 200],
    ["images/debian/filesystem.squashfs", 200],
  ]);
});

scenario.for([
  ["is not there", "", [404]],
  ["has an ending that it does not know, and so is not even asked for", "?x=1", []],
] as const)("live-boot gives up when its file system %s", async ([, query, statuses], { lab, skip }) => {
  const why = await lab.whyNotHeavy();
  skip(why !== undefined, why);
  const netboot = await lab.netboot("debian-live", (site) => ({
    ...site,
    images: {
      debian: {
        ...site.images["debian"],
        replaceCommandLine: `boot=live fetch={files}/filesystem.squashfs${query} console=ttyS0,115200`,
      },
    },
  }));
  using _ = netboot.withdraw("images/debian/filesystem.squashfs");
  const machine = await lab.machine("live1", { lane: "bios-pxe" });
  await machine.powerOn();

  await expect(lab.isUp(machine, "240s")).rejects.toMatchObject({ code: "BOOT_LIVE_NOT_FOUND" });
  const asked = lab.facts("http.sent").filter(({ path }) => path.endsWith("filesystem.squashfs"));
  expect(asked.map(({ status }) => status)).toEqual(statuses);
});
