import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { MachineState } from "../boot/lifecycle.ts";
import { bootModes } from "../boot/lifecycle.ts";
import { writeDurably } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";

const name = z.string().max(64);
const mode = z.enum(bootModes);
const state = z.strictObject({
  assigned: z.strictObject({ mode, image: name.exactOptional() }).exactOptional(),
  next: name.exactOptional(),
  installed: name.exactOptional(),
  good: name.exactOptional(),
  running: z.strictObject({ image: name, mode: z.enum([...bootModes, "next", "trial"]) }).exactOptional(),
  misses: z.strictObject({ image: name, times: z.int().min(0) }).exactOptional(),
  slots: z
    .strictObject({
      regular: name.exactOptional(),
      old: name.exactOptional(),
      new: name.exactOptional(),
      tried: z.strictObject({ instead: name.exactOptional() }).exactOptional(),
      failed: name.exactOptional(),
    })
    .exactOptional(),
});
const content = z.strictObject({ version: z.literal(1), machines: z.record(name, state) });

/** What is remembered of each machine, by its name in the site. */
export interface MachineStates {
  of(name: string): MachineState;
  /** Of whom something is remembered. */
  names(): string[];
  /** Resolves when the change would survive a power cut. */
  change(name: string, change: (before: MachineState) => MachineState): Promise<MachineState>;
}

/** Kept in a file of the folder; without one, gone with the process. */
export async function openMachineStates(folder?: string): Promise<MachineStates> {
  const path = folder === undefined ? undefined : join(folder, "machines.json");
  const states = path === undefined ? new Map<string, MachineState>() : await read(path);
  let writing: Promise<void> | undefined;
  let waiting: Promise<void> | undefined;
  let changes = 0;
  let written = 0;
  const write = async () => {
    const now = changes;
    const machines = Object.fromEntries(states);
    if (path !== undefined) await writeDurably(path, `${JSON.stringify({ version: 1, machines })}\n`);
    written = now;
  };
  /** Changes that come while one write runs are all in the next one. */
  const save = async (): Promise<void> => {
    waiting ??= (async () => {
      await writing?.catch(() => undefined);
      waiting = undefined;
      writing = write();
      await writing;
    })();
    await waiting;
  };
  return {
    of: (machine) => states.get(machine) ?? {},
    names: () => [...states.keys()].toSorted(),
    async change(machine, change) {
      const before = states.get(machine) ?? {};
      const after = change(before);
      const same = JSON.stringify(after) === JSON.stringify(before);
      // What could not be written, or is being written, is promised to nobody who asks for it once more.
      if (same && written === changes) return after;
      if (!same) {
        states.set(machine, after);
        changes += 1;
      }
      await save();
      return after;
    },
  };
}

async function read(path: string): Promise<Map<string, MachineState>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw unreadable(path, cause);
  }
  try {
    return new Map(Object.entries(content.parse(JSON.parse(text)).machines));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): DrybootError {
  return new DrybootError("cannot read what machines were told to boot", {
    code: "STATE_UNUSABLE",
    where: path,
    hint: "mend the file, or remove it: machines then boot what the site says",
    cause,
  });
}
