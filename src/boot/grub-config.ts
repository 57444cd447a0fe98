import { parseIpv4 } from "../wire/ipv4.ts";

/** What GRUB is told to boot. Printed, it is a `grub.cfg`. */
export type GrubConfig = Readonly<{
  say: readonly string[];
  /** The IPv4 address its files are fetched from: over HTTP where GRUB has or finds that, else over TFTP. */
  server: string;
  /** Whether HTTP is served on its usual port; GRUB's knows no other. */
  http: boolean;
  /** Paths there, without the first slash. */
  kernel: string;
  initrds: readonly string[];
  /** Words of the kernel's command line; `grubWordProblem` judges each. */
  commandLine: readonly string[];
}>;

/**
 * What is wrong with a word for GRUB, or undefined. In single quotes its language takes every character as it is; but
 * when it puts the kernel's command line together, it writes a backslash before quotes and backslashes, and the kernel
 * reads that too.
 */
export function grubWordProblem(word: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(word)) return "holds white space, a control character or one outside ASCII";
  if (/['"\\]/.test(word)) return "holds a quote or a backslash, before which GRUB writes a backslash";
  return undefined;
}

const attempts = 3;
const secondsBetween = 3;

export function printGrub({ say, server, http, kernel, initrds, commandLine }: GrubConfig): string {
  for (const word of commandLine) refuse(word, grubWordProblem(word));
  const file = (path: string) => `($protocol,${address(server)})${quoted(`/${path}`)}`;
  const linux = ["linux", file(kernel), ...commandLine.map(quoted)].join(" ");
  const initrd = ["initrd", ...initrds.map(file)].join(" ");
  const seconds = Array.from({ length: attempts }, (_, index) => index + 1).join(" ");
  return lines([
    ...say.map(echo),
    "set protocol=tftp",
    // Under Secure Boot no module is loaded, and `insmod` does not say so by how it ends.
    ...(http ? ['if [ "$lockdown" != y ]; then insmod http; set protocol=http; fi'] : []),
    `for attempt in ${seconds}; do`,
    `  if ${linux}; then`,
    ...(initrds.length === 0 ? ["    boot"] : [`    if ${initrd}; then`, "      boot", "    fi"]),
    "  fi",
    `  echo 'dryboot: boot failed in attempt' "$attempt" 'of ${attempts}'`,
    "  set protocol=tftp",
    `  sleep ${secondsBetween}`,
    "done",
    echo(`dryboot: gave up after ${attempts} attempts; going back to the firmware`),
    ...leave,
  ]);
}

/** For a machine that goes round in circles: it is told so, and left to its firmware after a pause. */
export function printGrubNotice(say: readonly string[]): string {
  return lines([...say.map(echo), "sleep 10", ...leave]);
}

/**
 * Boots what a disk of the machine boots: GRUB that ends without an error is taken by UEFI for a boot that was successful,
 * and some firmware then shows its menu instead of going on. First loaders that installations leave, then the one
 * for media that can be taken out.
 */
export function printGrubLocal(say: readonly string[]): string {
  return lines([
    ...say.map(echo),
    "cpu=x64",
    'if [ "$grub_cpu" = arm64 ]; then cpu=aa64; fi',
    `for file in ${installedLoaders.join(" ")}; do`,
    "  if search --no-floppy --file --set=disk /EFI/$file$cpu.efi; then",
    "    chainloader ($disk)/EFI/$file$cpu.efi",
    "    boot",
    "  fi",
    "done",
    echo("dryboot: no disk has a boot loader known here; going back to the firmware"),
    ...leave,
  ]);
}

/** Without the processor and the suffix. A shim stands before what it loads. */
const installedLoaders = [
  ...["debian/shim", "debian/grub", "ubuntu/shim", "ubuntu/grub", "fedora/shim", "systemd/systemd-boot"],
  "BOOT/BOOT",
];

/** For an address nobody knows: GRUB asks once more, by the MAC of the card it came from. */
export function printGrubByMac(folder: string): string {
  return lines([`configfile ${quoted(`${folder}grub.cfg-01-`)}"$net_default_mac"`]);
}

const leave = ["sleep 5", "exit"];
const echo = (sentence: string) => `echo ${quoted(sentence.replaceAll(/[^\x20-\x7e]|'/g, "?"))}`;
const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");

function address(text: string): string {
  refuse(text, parseIpv4(text) === undefined ? "is no IPv4 address" : undefined);
  return text;
}

/** In single quotes everything means itself, and nothing ends them but another one. */
function quoted(text: string): string {
  refuse(text, /^[\x20-\x26\x28-\x7e]*$/.test(text) ? undefined : "cannot be quoted");
  return `'${text}'`;
}

/** What arrives here has been judged where it was said: it is our bug. */
function refuse(text: string, problem: string | undefined): void {
  if (problem !== undefined) throw new TypeError(`GRUB: ${JSON.stringify(text)} ${problem}`);
}
