import { onlineLines } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import { failureLines, openingLines } from "./failure-lines.ts";
import type { Command } from "./ipxe/script.ts";
import { printScript } from "./ipxe/script.ts";
import type { Word } from "./ipxe/words.ts";
import { prose } from "./ipxe/words.ts";
import { bootNic } from "./kernel-command-line.ts";
import { planFor } from "./plan.ts";
import { marker, scriptPath } from "./script-address.ts";
import { held, orFail, run, set, task } from "./script-lines.ts";

/** What an iPXE is answered that asks for `autoexec.ipxe`; `reason` is a sentence for people. */
export type Autoexec = Readonly<{ reason: string; mac?: string; script?: string }>;

/**
 * EFI builds of iPXE from 1.21.1 on ask for this file beside the one they were loaded from, and then at the root (iPXE
 * `interface/efi/efi_autoexec.c`). Who is given it runs it in the place of asking by DHCP for what to boot.
 */
export function isAutoexec(path: string): boolean {
  return /(?:^|\/)autoexec\.ipxe$/.test(path);
}

/** Known by the address that asks; whom nobody knows is known by what his iPXE says of itself in the script. */
export function autoexecFor(mac: string | undefined, site: BootSite): Autoexec {
  const asker = mac === undefined ? {} : { mac };
  if (!site.autoexec) {
    return { ...asker, reason: "it asks by DHCP what to boot: `loaders.autoexec` is `off`" };
  }
  if (mac === undefined) return { reason: "the script says whose it is", script: autoexecScript(site) };
  const plan = planFor({ mac, htype: 1, architectures: [], userClasses: [marker] }, site);
  if (plan.step !== "script") return { ...asker, reason: plan.reason };
  return { ...asker, reason: `it is for ${plan.machine?.name ?? mac}`, script: autoexecScript(site) };
}

/**
 * Gets an address where the firmware left none, and then the boot script. It names the card and the processor by
 * settings, because the card that fetched it is the one that boots. What it is made of is let go of first: an iPXE 2.0.0
 * would hand this very script to the kernel as a part of its initrd.
 */
function autoexecScript({ http, whenBootFails = "firmware" }: BootSite): string {
  return printScript([
    run({ do: "imgfree" }),
    ...openingLines,
    set("arch", "7"),
    { when: is("buildarch", "arm64"), run: { do: "set", setting: "arch", value: ["11"] } },
    { when: is("platform", "pcbios"), run: { do: "set", setting: "arch", value: ["0"] } },
    { label: "start" },
    run({ do: "inc", setting: "attempt" }),
    ...onlineLines,
    task(...prose("fetch the boot script")),
    orFail({ do: "chain", url: ownAddress(http) }),
    ...failureLines({
      again: "start",
      says: "Trying again",
      item: "Try again",
      unattended: whenBootFails,
    }),
  ]);
}

/** The address of a boot script that iPXE completes by itself. */
function ownAddress(http: string): Word {
  return [
    ...[`${http}/${scriptPath}?by=${marker}&mac=`, { setting: bootNic }],
    ...["&uuid=", { setting: "uuid" }, "&arch=", { setting: "arch" }],
  ];
}

const is = (setting: string, value: string): Command => ({ do: "iseq", left: held(setting), right: value });
