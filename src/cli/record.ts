import { closeSync, openSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { DrybootError } from "../core/errors.ts";
import { formatSize } from "../core/units.ts";
import { loadLibc } from "../ndp/libc.ts";
import { PacketSocket } from "../serve/packet-socket.ts";
import { becomeUser, defaultUser, userToBecome } from "../serve/privileges.ts";
import { heardIn } from "../serve/recording.ts";
import { bootFilter } from "../wire/boot-filter.ts";
import { pcapFrame, pcapHeader } from "../wire/pcap.ts";
import { command } from "./command.ts";
import { macText } from "./explain-asked.ts";
import type { Terminal } from "./terminal.ts";

/** A DHCP request has 300 to 600 bytes: these are thousands of boots, or one flood. */
const mostBytes = 4 * 2 ** 20;
/** Between two looks at clock and signals. */
const framesAtOnce = 64;

export const record = command({
  name: "record",
  summary: "Record what machines ask while they boot, for `explain --from` and the corpus",
  details:
    "Listens in on an interface and answers nothing: requests to ports 67, 4011 and 69 go into a pcap file, all else is left\n" +
    "to the kernel. Needs root, which is given up once it listens. Ends after --seconds, at Ctrl-C, or at 4 MiB.\n\n" +
    "  sudo ./dryboot record --interface eth0 --mac 52:54:00:69:00:0a --output node1.pcap\n" +
    "  ./dryboot explain site.ts --from node1.pcap\n\n" +
    "Exit codes: 0 recorded, 1 nothing was heard or it failed, 2 wrong usage.",
  flags: z.strictObject({
    interface: z.string().describe("Network interface to listen on").meta({ placeholder: "IF" }),
    output: z
      .string()
      .default("dryboot.pcap")
      .describe("File to write; it must not exist yet")
      .meta({ placeholder: "FILE" }),
    mac: z.string().optional().describe("Only this machine's requests").meta({ placeholder: "MAC" }),
    seconds: z.int().min(1).max(86_400).default(300).describe("How long to listen"),
    replies: z.boolean().default(false).describe("Also what DHCP servers answer"),
    user: z
      .string()
      .optional()
      .describe(`User to become once it listens (default when root: ${defaultUser})`)
      .meta({ placeholder: "NAME" }),
  }),
  async run({ flags }, terminal, signal) {
    const wanted = {
      replies: flags.replies,
      mac: flags.mac === undefined ? undefined : macText(flags.mac),
    };
    const user = await userToBecome(flags.user, signal);
    const libc = await loadLibc();
    using socket = PacketSocket.open(libc, flags.interface, bootFilter(wanted));
    using file = createFile(flags.output);
    if (user) becomeUser(user);
    file.write(pcapHeader());
    terminal.err(`listening on ${flags.interface} for ${flags.seconds} s; Ctrl-C ends it`);
    const frames = await recorded(socket, file, wanted, terminal, { ...flags, signal });
    if (frames === 0) throw nothingHeard(flags);
    terminal.out(`${frames} frames, ${formatSize(file.sizeBytes)}, in ${flags.output}`);
    return 0;
  },
});

/** Until the time is over, somebody ends it, or the file is full; how many frames there were. */
async function recorded(
  socket: PacketSocket,
  file: CaptureFile,
  wanted: Parameters<typeof heardIn>[1],
  terminal: Terminal,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<number> {
  let frames = 0;
  const full = new AbortController();
  socket.listen(() => {
    for (let taken = 0; taken < framesAtOnce && !full.signal.aborted; taken += 1) {
      const frame = socket.receive();
      if (frame === undefined) return;
      const heard = heardIn(frame, wanted);
      if (!heard) continue;
      frames += 1;
      file.write(pcapFrame(Date.now(), frame));
      terminal.out(`${heard.mac}  ${heard.says}`);
      if (file.sizeBytes < mostBytes) continue;
      terminal.err(`${formatSize(mostBytes)} are enough: the rest is not recorded`);
      full.abort();
    }
  });
  const over = AbortSignal.any([signal, full.signal]);
  await sleep(seconds * 1000, undefined, { signal: over }).catch(() => {}); // ended earlier: by whom does not matter
  return frames;
}

type CaptureFile = Disposable & { readonly sizeBytes: number; write(bytes: Uint8Array): void };

/** Never over what is there: it is root who opens it. */
function createFile(path: string): CaptureFile {
  let sizeBytes = 0;
  let fd: number;
  try {
    fd = openSync(path, "wx", 0o644);
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw new DrybootError(exists ? `${path} is there already` : `cannot write ${path}`, {
      code: "CAPTURE_NOT_WRITTEN",
      where: `--output ${path}`,
      hint: "name another file with --output",
      cause,
    });
  }
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    write(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      sizeBytes += bytes.length;
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

function nothingHeard({
  interface: name,
  mac,
  output,
}: {
  interface: string;
  mac?: string | undefined;
  output: string;
}) {
  return new DrybootError(`nobody${mac === undefined ? "" : ` called ${mac}`} asked anything on ${name}`, {
    code: "CAPTURE_EMPTY",
    where: `--interface ${name}`,
    hint: `start the machine while this listens, on the segment it is on; ${output} holds no frame and can be removed`,
  });
}
