/** What PXELINUX is told. Printed, it is a file of `pxelinux.cfg/`. */
export type PxelinuxConfig = Readonly<{
  /** Printed when the file is read. */
  say: readonly string[];
  /** A serial line that shows what PXELINUX says. */
  serial?: Readonly<{ port: number; baud: number }>;
  /** TFTP paths, or addresses where the loader has HTTP. */
  kernel: string;
  initrds: readonly string[];
  /** Words of the kernel's command line; `pxelinuxWordProblem` judges each. */
  commandLine: readonly string[];
}>;

/**
 * What is wrong with a word for PXELINUX, or undefined. It reads a line at a time and passes on what stands behind
 * `APPEND` as it is, so only white space and control characters end a word. It takes `initrd=` for files it is to fetch
 * itself, from the last such word.
 */
export function pxelinuxWordProblem(word: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(word)) return "holds white space, a control character or one outside ASCII";
  if (word.startsWith("initrd=")) return "would make PXELINUX fetch that file as its initrd";
  return undefined;
}

/** How long a failed boot stays on the screen, in tenths of a second as PXELINUX counts. */
const pause = 100;

export function printPxelinux({ say, serial, kernel, initrds, commandLine }: PxelinuxConfig): string {
  for (const word of commandLine) refuse(word, pxelinuxWordProblem(word));
  for (const path of [kernel, ...initrds]) {
    // It takes commas for the end of one initrd's name.
    refuse(path, /^[\x21-\x2b\x2d-\x7e]+$/.test(path) ? undefined : "is no path for PXELINUX");
  }
  const files = initrds.length === 0 ? [] : [`initrd=${initrds.join(",")}`];
  const words = [...commandLine, ...files];
  // A lone hyphen behind APPEND means "nothing".
  refuse("-", words.length === 1 && words[0] === "-" ? "cannot stand alone on a command line" : undefined);
  return lines([
    // The manual wants it first.
    ...(serial ? [`SERIAL ${whole(serial.port)} ${whole(serial.baud)}`] : []),
    ...say.map((sentence) => `SAY ${plain(sentence)}`),
    "PROMPT 0",
    "DEFAULT boot",
    "ONERROR failed",
    "LABEL boot",
    `LINUX ${kernel}`,
    ...(words.length === 0 ? [] : [`APPEND ${words.join(" ")}`]),
    // The NIC that booted, as `BOOTIF=01-...`: PXELINUX knows it best.
    "SYSAPPEND 2",
    "LABEL failed",
    "LOCALBOOT -1", // failure, said to the BIOS: it goes on to its next device
  ]);
}

/** For a machine that goes round in circles: it is told so, and left to its firmware after a pause. */
export function printPxelinuxNotice(say: readonly string[]): string {
  return lines([
    ...say.map((sentence) => `SAY ${plain(sentence)}`),
    "PROMPT 1",
    `TIMEOUT ${pause}`,
    "DEFAULT failed",
    "LABEL failed",
    "LOCALBOOT -1",
  ]);
}

/** Leaves the machine to its disk: to the device behind the network in the BIOS's order. */
export function printPxelinuxLocal(say: readonly string[]): string {
  return lines([
    ...say.map((sentence) => `SAY ${plain(sentence)}`),
    "PROMPT 0",
    "DEFAULT local",
    "LABEL local",
    "LOCALBOOT -1",
  ]);
}

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");

function whole(amount: number): string {
  if (Number.isSafeInteger(amount) && amount >= 0) return String(amount);
  throw new TypeError(`PXELINUX: ${amount} is not a whole number`);
}

const plain = (sentence: string): string => sentence.replaceAll(/[^\x20-\x7e]/g, "?").trim();

/** What arrives here has been judged where it was said: it is our bug. */
function refuse(text: string, problem: string | undefined): void {
  if (problem !== undefined) throw new TypeError(`PXELINUX: ${JSON.stringify(text)} ${problem}`);
}
