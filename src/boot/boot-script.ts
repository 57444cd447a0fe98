import { imagePath } from "./boot-paths.ts";
import type { BootSite } from "./boot-site.ts";
import type { Command, Line } from "./ipxe/script.ts";
import { printScript } from "./ipxe/script.ts";
import type { Word } from "./ipxe/words.ts";
import { prose } from "./ipxe/words.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { kernelCommandLine } from "./kernel-command-line.ts";
import type { ImagePlan } from "./plan.ts";
import { marker } from "./script-address.ts";

const attempts = 3;
const secondsBetween = 3;
/** The script that boots the plan's image: a few attempts, each failure said aloud, and then back to the firmware. */
export function bootScript(plan: ImagePlan, image: BootImage, site: BootSite): string {
  const address = (file: string) => `${site.http}/${imagePath(plan.image, file)}`;
  const who = plan.machine ? ` on ${plan.machine.name}` : "";
  return printScript([
    // From here on any DHCP request of this iPXE says that it has had its loader.
    run({ do: "set", setting: "user-class", value: [marker] }),
    run({ do: "set", setting: "attempt:int32", value: ["0"] }),
    { label: "start" },
    run({ do: "inc", setting: "attempt" }),
    say(...prose(`booting ${plan.image}${who}, attempt`), [{ setting: "attempt" }], "of", String(attempts)),
    task("fetch", "kernel"),
    orFail({
      do: "kernel",
      name: "kernel",
      url: address(image.kernel.name),
      commandLine: kernelCommandLine(plan, image, site),
    }),
    ...image.initrds.flatMap(({ name }) => [
      task("fetch", name),
      orFail({ do: "initrd", name, url: address(name) }),
    ]),
    task("start", "kernel"),
    orFail({ do: "boot" }),
    { label: "failed" },
    // `errno` first: every command sets it. iPXE has printed the words for it and their address by itself.
    run({ do: "set", setting: "error", value: [[{ setting: "errno" }]] }),
    say("boot", "failed:", "could", "not", [{ setting: "task" }]),
    say("the", "error", "was", [{ setting: "error" }], "in", "attempt", [{ setting: "attempt" }]),
    run({ do: "imgfree" }),
    {
      when: { do: "iseq", left: [{ setting: "attempt" }], right: String(attempts) },
      run: { do: "goto", label: "given-up" },
    },
    run({ do: "sleep", seconds: secondsBetween }),
    run({ do: "goto", label: "start" }),
    { label: "given-up" },
    ...backToFirmware(`gave up after ${attempts} attempts`),
  ]);
}

/** The script for who has nothing to boot: it says why, and the firmware goes on to its next device. */
export function refusalScript(reason: string): string {
  return printScript([say(...prose(`boot failed: ${reason}`)), ...backToFirmware("nothing to boot")]);
}

/** A person at the console has five seconds to look around; unattended, it ends here: no script of ours runs for ever. */
function backToFirmware(why: string): Line[] {
  return [
    say(...prose(`${why}; going back to the firmware`)),
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
  ];
}

const run = (command: Command): Line => ({ run: command });
const orFail = (command: Command): Line => ({ run: command, otherwise: { do: "goto", label: "failed" } });
const say = (...text: Word[]): Line => run({ do: "echo", text: [`${marker}:`, ...text] });
const task = (...value: string[]): Line => run({ do: "set", setting: "task", value });
