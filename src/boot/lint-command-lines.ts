import type { Finding, Rule } from "./lint-rule.ts";
import type { Boot, LintSite } from "./lint-site.ts";
import { bootsOf } from "./lint-site.ts";

const perBoot = (site: LintSite, finds: (boot: Boot) => readonly Finding[]) => bootsOf(site).flatMap(finds);

/** Every word with its place that `finds` has something to say about. */
const perWord = (site: LintSite, finds: (word: string, boot: Boot) => Omit<Finding, "path"> | undefined) =>
  perBoot(site, (boot) =>
    boot.words.flatMap(({ word, path }) => {
      const found = finds(word, boot);
      return found ? [{ path, ...found }] : [];
    }),
  );

const consolesOf = ({ words }: Boot) => words.filter(({ word }) => word.startsWith("console="));
const isSerial = (word: string) => /^console=tty(S|AMA|USB)\d/.test(word);
const deviceOf = (word: string) => word.slice("console=".length).split(",", 1)[0] ?? "";

const noSerial: Rule = {
  id: "no-serial-console",
  severity: "error",
  title: "The kernel has no serial console",
  why: "The lab reads the serial console, and so does whoever looks after a machine without a screen. Without `console=ttyS0` the kernel starts and is never heard of again: the boot ends in the lab's time-out.",
  check: (site) =>
    perBoot(site, (boot) =>
      boot.complete && !consolesOf(boot).some(({ word }) => isSerial(word))
        ? [
            {
              path: boot.words.find(({ path }) => path.at(-1) === "replaceCommandLine")?.path ?? [
                "images",
                boot.image,
              ],
              says: `image ${boot.image} on ${boot.who} has no console=ttyS0`,
              fix: "add console=ttyS0,115200 as the last console",
            },
          ]
        : [],
    ),
};

const consoleOrder: Rule = {
  id: "console-order",
  severity: "warning",
  title: "The last console is not the serial one",
  why: "The kernel prints on every console, and userland on the last one alone, which becomes /dev/console: init's messages, an emergency shell and Alpine's whole init go to a screen that nobody sees.",
  check: (site) =>
    perBoot(site, (boot) => {
      const consoles = consolesOf(boot);
      const last = consoles.at(-1);
      if (!last || isSerial(last.word) || !consoles.some(({ word }) => isSerial(word))) return [];
      return [
        {
          path: last.path,
          says: `${last.word} comes after the serial console on ${boot.who}`,
          fix: "put console=ttyS0,115200 behind it, in the place that is joined last: image, then machine",
        },
      ];
    }),
};

const consoleTwice: Rule = {
  id: "console-twice",
  severity: "warning",
  title: "One console is named twice with different settings",
  why: "The kernel keeps the settings of the first and only moves /dev/console there (`kernel/printk/printk.c`): a line at another speed than the terminal's shows nothing but noise.",
  check: (site) =>
    perBoot(site, (boot) => {
      const first = new Map<string, string>();
      return consolesOf(boot).flatMap(({ word, path }): Finding[] => {
        const device = deviceOf(word);
        const before = first.get(device);
        first.set(device, before ?? word);
        if (before === undefined || before === word) return [];
        return [{ path, says: `${word} follows ${before} on ${boot.who}`, fix: "name each console once" }];
      });
    }),
};

const quiet: Rule = {
  id: "quiet-on-serial",
  severity: "warning",
  title: "`quiet` hides what a boot is judged by",
  why: "The kernel keeps all but errors to itself, and Alpine's init sends its steps to the kernel log only: a boot that stops shows nothing of where.",
  check: (site) =>
    perWord(site, (word, { who }) =>
      word === "quiet"
        ? { says: `quiet is said to ${who}`, fix: "take it out, or say loglevel=4" }
        : undefined,
    ),
};

/** Words of old guides, and what came of them. */
const removed: Readonly<Record<string, string>> = {
  alpine_dev: "Alpine looks for `apkovl`, `modloop` and `alpine_repo` instead",
  alpine_start: "nothing reads it any more",
  ovl_dev: "Alpine's `apkovl=` names the overlay",
  root_size: "Alpine asks for rootflags=size=... instead",
  ide: "the IDE layer left the kernel with Linux 5.14",
};

const removedParameter: Rule = {
  id: "parameter-removed",
  severity: "info",
  title: "A kernel parameter that nothing reads, or that was renamed",
  why: "Guides outlive what they describe: mkinitfs and the kernel dropped these, and an unknown word is passed over in silence.",
  check: (site) =>
    perWord(site, (word) => {
      const [name = ""] = word.split("=", 1);
      const instead = Object.hasOwn(removed, name) ? removed[name] : undefined;
      return instead === undefined
        ? undefined
        : { says: `${word} has no effect as meant`, fix: `take it out: ${instead}` };
    }),
};

/** Words that every boot script puts in front. */
const ours = ["initrd", "BOOTIF", "dryboot.ready"];

const reservedParameter: Rule = {
  id: "parameter-set-twice",
  severity: "warning",
  title: "A parameter that the boot script sets by itself",
  why: "The script names the initrds as they were loaded (the EFI stub before Linux 5.7 panics with another name), the network card that booted, and where to report. A second value contradicts the first, and which one counts depends on who reads it.",
  check: (site) =>
    perWord(site, (word, { who }) => {
      const [name = ""] = word.split("=", 1);
      return ours.includes(name)
        ? { says: `${word} is said to ${who} besides the script's own`, fix: "take it out" }
        : undefined;
    }),
};

const biosOnly: Readonly<Record<string, string>> = { vga: "a BIOS video mode", edd: "the BIOS's disk data" };
const uefiOnly: Readonly<Record<string, string>> = {
  efi: "how the kernel uses UEFI's services",
  add_efi_memmap: "UEFI's memory map",
  efivar_ssdt: "a UEFI variable",
};

const otherFirmware: Rule = {
  id: "parameter-for-other-firmware",
  severity: "info",
  title: "A kernel parameter for a firmware that the site does not have",
  why: "It is passed over in silence on the other kind of firmware: what it was meant to mend stays broken there.",
  check: (site) => {
    const has = (kind: string) => site.lanes.some((lane) => lane.startsWith(kind));
    return perWord(site, (word) => {
      const [name = ""] = word.split("=", 1);
      const says = (table: typeof biosOnly) => (Object.hasOwn(table, name) ? table[name] : undefined);
      const forBios = has("bios") ? undefined : says(biosOnly);
      const forUefi = has("uefi") ? undefined : says(uefiOnly);
      const about = forBios ?? forUefi;
      if (about === undefined) return undefined;
      return {
        says: `${word} is about ${about}, and the lanes are ${site.lanes.join(", ")}`,
        fix: "take it out",
      };
    });
  },
};

export const commandLineRules: readonly Rule[] = [
  noSerial,
  consoleOrder,
  consoleTwice,
  quiet,
  reservedParameter,
  removedParameter,
  otherFirmware,
];
