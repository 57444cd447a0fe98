import * as z from "zod";
import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import { QemuMonitor } from "./qemu-monitor.ts";

/** What a QEMU can do, each found by asking it: a version says nothing of how it was built. */
export interface QemuFeatures {
  pc: boolean;
  q35: boolean;
  tcg: boolean;
  kvm: boolean;
  virtioNet: boolean;
  e1000: boolean;
  virtioRng: boolean;
  pvpanic: boolean;
  debugConsole: boolean;
  debugExit: boolean;
  tapNetdev: boolean;
  userNetdev: boolean;
  streamNetdev: boolean;
  dgramNetdev: boolean;
  /** `-action`/`set-action`: the guest shuts down, QEMU stays for a last look. */
  shutdownAction: boolean;
  /** `-action panic=exit-failure`. */
  panicExitFailure: boolean;
  /** Screens as PNG. Tried for real: it also depends on libpng, of which the schema does not tell. */
  pngScreendump: boolean;
  screendump: boolean;
  /** `-run-with exit-with-parent=on`. */
  exitWithParent: boolean;
}

const machines = z.array(z.object({ name: z.string(), alias: z.string().optional() }));
const types = z.array(z.object({ name: z.string() }));
const schema = z.array(
  z.looseObject({
    name: z.string(),
    "meta-type": z.string(),
    "arg-type": z.string().optional(),
    members: z.array(z.looseObject({ name: z.string().optional() })).optional(),
    values: z.array(z.string()).optional(),
  }),
);
const commandLine = z.array(
  z.object({ option: z.string(), parameters: z.array(z.looseObject({ name: z.string() })) }),
);

/** Everything QEMU answered, before it is read. */
export interface QemuAnswers {
  machines: unknown;
  types: unknown;
  schema: unknown;
  commandLine: unknown;
  /** Text of `-netdev help`. */
  netdevs: string;
  pngWritten: boolean;
}

/** Asks a paused, deviceless PC: no guest runs. Takes 0.1 s. */
export async function askFeatures(path: string, signal: AbortSignal): Promise<QemuFeatures> {
  const [netdevs, answers] = await Promise.all([
    run(path, ["-netdev", "help"], { signal, timeoutMs: answerMs }),
    askMonitor(path, signal),
  ]);
  return readFeatures({ ...answers, netdevs });
}

const answerMs = 10_000;
// With a screen, to try a picture of it; q35, because Red Hat's builds have dropped `pc`.
const pausedMachine = "-S -M q35 -accel tcg -m 16M -nodefaults -no-user-config -display none -vga std".split(
  " ",
);

async function askMonitor(path: string, signal: AbortSignal): Promise<Omit<QemuAnswers, "netdevs">> {
  await using monitor = await QemuMonitor.start(path, pausedMachine, { signal, startMs: answerMs }).catch(
    (cause) => {
      signal.throwIfAborted();
      throw new DrybootError("QEMU is installed, but does not start", {
        code: "QEMU_BROKEN",
        where: path,
        hint: "run `./dryboot setup`: a file or library that belongs to it is missing",
        exitCode: 2,
        cause,
      });
    },
  );
  const [machines, types, schema, commandLine, pngWritten] = await Promise.all([
    monitor.execute("query-machines"),
    monitor.execute("qom-list-types"),
    monitor.execute("query-qmp-schema"),
    monitor.execute("query-command-line-options"),
    monitor.execute("screendump", { filename: "/dev/null", format: "png" }).then(
      () => true,
      () => false,
    ),
  ]);
  return { machines, types, schema, commandLine, pngWritten };
}

/** Reads what QEMU answered; pure, so that other builds can be tried from their answers. */
export function readFeatures(answers: QemuAnswers): QemuFeatures {
  const machineNames = new Set(machines.parse(answers.machines).flatMap(({ name, alias }) => [name, alias]));
  const typeNames = new Set(types.parse(answers.types).map(({ name }) => name));
  const netdevs = new Set(answers.netdevs.split(/\s+/));
  const entries = schema.parse(answers.schema);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const runWith = commandLine.parse(answers.commandLine).find(({ option }) => option === "run-with");
  const enumerations = entries.filter((entry) => entry["meta-type"] === "enum");
  return {
    pc: machineNames.has("pc"),
    q35: machineNames.has("q35"),
    tcg: typeNames.has("tcg-accel"),
    kvm: typeNames.has("kvm-accel"),
    virtioNet: typeNames.has("virtio-net-pci"),
    e1000: typeNames.has("e1000"),
    virtioRng: typeNames.has("virtio-rng-pci"),
    pvpanic: typeNames.has("pvpanic-pci"),
    debugConsole: typeNames.has("isa-debugcon"),
    debugExit: typeNames.has("isa-debug-exit"),
    tapNetdev: netdevs.has("tap"),
    userNetdev: netdevs.has("user"),
    streamNetdev: netdevs.has("stream"),
    dgramNetdev: netdevs.has("dgram"),
    shutdownAction: byName.has("set-action"),
    // The schema masks the names of types, not those of an enumeration's values.
    panicExitFailure: enumerations.some(({ values }) => values?.includes("exit-failure")),
    pngScreendump: answers.pngWritten,
    screendump: byName.has("screendump"),
    exitWithParent: runWith?.parameters.some(({ name }) => name === "exit-with-parent") ?? false,
  };
}
