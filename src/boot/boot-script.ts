import { imagePath } from "./boot-paths.ts";
import type { BootSite } from "./boot-site.ts";
import { attempts, brokenLines, failureLines, openingLines } from "./failure-lines.ts";
import type { Line } from "./ipxe/script.ts";
import { printScript } from "./ipxe/script.ts";
import type { Word } from "./ipxe/words.ts";
import { prose } from "./ipxe/words.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { kernelCommandLine } from "./kernel-command-line.ts";
import { choicesUnasked } from "./menu-choices.ts";
import type { ImagePlan } from "./plan.ts";
import { held, orFail, run, say, task } from "./script-lines.ts";

/** The script that boots the plan's image: a bounded number of attempts, each failure said aloud, and then a way out. */
export function bootScript(plan: ImagePlan, image: BootImage, site: BootSite): string {
  return printScript([
    ...openingLines,
    ...choicesUnasked(plan, site),
    ...(plan.note === undefined ? [] : [say(...prose(plan.note))]),
    { label: "start" },
    run({ do: "inc", setting: "attempt" }),
    ...bootLines({ plan, image, site, words: kernelCommandLine(plan, image, site), broken: "broken" }),
    ...brokenLines(),
    ...failureLines({
      again: "start",
      says: "Trying again",
      item: "Try again",
      unattended: site.whenBootFails ?? "firmware",
    }),
  ]);
}

/** One image on one machine, as a script starts it. */
export interface ScriptedBoot {
  plan: ImagePlan;
  image: BootImage;
  site: BootSite;
  words: readonly Word[];
  /** Where the script goes when what was fetched cannot be started. */
  broken: string;
}

/** Fetches everything and starts the kernel; comes to an end only by going elsewhere. */
export function bootLines({ plan, image, site, words, broken }: ScriptedBoot): Line[] {
  const address = (file: string) => `${site.http}/${imagePath(plan.image, file)}`;
  const who = plan.machine ? ` on ${plan.machine.name}` : "";
  return [
    say(...prose(`booting ${plan.image}${who}, attempt`), held("attempt"), "of", String(attempts)),
    ...onlineLines,
    task("fetch", "kernel"),
    orFail({ do: "kernel", name: "kernel", url: address(image.kernel.name), commandLine: words }),
    ...image.initrds.flatMap(({ name }) => [
      task("fetch", name),
      orFail({ do: "initrd", name, url: address(name) }),
    ]),
    task("start", "kernel"),
    { run: { do: "boot" }, otherwise: { do: "goto", label: broken } },
    run({ do: "goto", label: broken }),
  ];
}

/** A script that came otherwise than by this iPXE's own lease (`autoexec.ipxe`, a disk) has no address yet. */
export const onlineLines: readonly Line[] = [
  task(...prose("get an address by DHCP")),
  {
    run: { do: "isset", value: held("netX/ip") },
    otherwise: [{ do: "dhcp" }, { do: "goto", label: "failed" }],
  },
];

/** The script for who has nothing to boot: it says why, and the firmware goes on to its next device. */
export function refusalScript(reason: string): string {
  return printScript([
    say(...prose(`boot failed: ${reason}`)),
    say(...prose("nothing to boot; going back to the firmware")),
    {
      when: {
        do: "prompt",
        key: "s",
        timeoutMs: 5000,
        text: prose("dryboot: press s within 5 seconds for a shell"),
      },
      run: { do: "shell" },
    },
    run({ do: "exit", status: 1 }),
  ]);
}
