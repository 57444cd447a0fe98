import { DrybootError } from "../core/errors.ts";
import type { BootSite } from "./boot-site.ts";
import { joinCommandLines } from "./command-line.ts";
import type { Command, Line } from "./ipxe-script.ts";
import { printScript } from "./ipxe-script.ts";
import type { Word } from "./ipxe-words.ts";
import { prose, wordProblem, wordsOf } from "./ipxe-words.ts";
import type { ImagePlan } from "./plan.ts";
import { marker } from "./script-address.ts";

/** What the script must know of a built image; an image's manifest says it. */
export interface BootImage {
  kernel: Readonly<{ name: string }>;
  initrds: readonly Readonly<{ name: string }>[];
  /** The image's own. `{files}` stands for the address its files are served under, `{http}` for the server's. */
  commandLine: string;
}

/** Path below the HTTP server's root of one file of an image. */
export function imagePath(image: string, file: string): string {
  return `images/${encodeURIComponent(image)}/${encodeURIComponent(file)}`;
}

/** Where a booted machine says that it is up. */
export const readyPath = "ready";

const attempts = 3;
const secondsBetween = 3;
/** x86 Linux drops what is longer, and iPXE does so without a word (`COMMAND_LINE_SIZE`, one byte for the NUL). */
const longestCommandLine = 2047;
/** What the kernel reads besides the words a site or an image gives: on EFI, iPXE puts the image's name in front. */
const added = "kernel  BOOTIF=01-00-00-00-00-00-00";

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

/** The kernel command line as iPXE passes it on. */
export function kernelCommandLine(plan: ImagePlan, image: BootImage, site: BootSite): Word[] {
  const use = site.images.get(plan.image);
  const fill = (text: string) =>
    text
      .replaceAll("{files}", `${site.http}/images/${encodeURIComponent(plan.image)}`)
      .replaceAll("{http}", site.http);
  const words = joinCommandLines(
    wordsOf(use?.replaceCommandLine ?? image.commandLine),
    wordsOf(use?.commandLine ?? ""),
    wordsOf(plan.machine?.commandLine ?? ""),
  ).map(fill);
  const ours = [
    // The EFI stub before Linux 5.7 finds its initrds by these names; a BIOS boot ignores them.
    ...image.initrds.map(({ name }) => `initrd=${name}`),
    ...(use?.reportsReady ? [`dryboot.ready=${site.http}/${readyPath}`] : []),
  ];
  checkCommandLine(plan.image, [...ours, ...words]);
  // The NIC that booted: 01 is Ethernet's hardware type (PXELINUX's convention, read by Alpine, Debian and dracut).
  return [...ours, ["BOOTIF=01-", { setting: "netX/mac:hexhyp" }], ...words];
}

function checkCommandLine(image: string, words: readonly string[]): void {
  for (const word of words) {
    const problem = wordProblem(word);
    if (problem !== undefined) throw badCommandLine(image, `${JSON.stringify(word)} ${problem}`);
  }
  const length = words.join(" ").length + added.length;
  if (length > longestCommandLine) {
    throw badCommandLine(image, `it is ${length} bytes long and Linux reads ${longestCommandLine}`);
  }
}

function badCommandLine(image: string, problem: string): DrybootError {
  return new DrybootError(`the kernel command line of image ${image} cannot be passed on: ${problem}`, {
    code: "COMMAND_LINE",
    where: `image ${image}`,
    hint: "change `commandLine` of the image or of the machine in the site file",
  });
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
