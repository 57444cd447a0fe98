import type { Change } from "../boot/lifecycle.ts";
import { changed, describeState, whyNotBack } from "../boot/lifecycle.ts";
import type { Assigned } from "../netboot/lifecycle.ts";
import { openMachineStates } from "../netboot/machine-states.ts";
import { askServer } from "../serve/control-client.ts";

/** Decides what a machine boots: by the server that runs with this state folder, else in the folder itself. */
export async function assign(
  folder: string,
  name: string,
  change: Change | undefined,
  signal: AbortSignal,
): Promise<Assigned> {
  const request = { ask: "machine" as const, machine: name, ...(change ? { change } : {}) };
  const lines = await askServer(folder, request, signal);
  if (lines) {
    for await (const line of lines) return JSON.parse(line) as Assigned;
    return { problem: "the server did not answer", hint: "it may just stop: try again" };
  }
  const states = await openMachineStates(folder);
  const refused = whyNotBack(name, change, states.of(name));
  if (refused) return refused;
  const state = change ? await states.change(name, (before) => changed(before, change)) : states.of(name);
  return {
    state,
    says: [
      ...describeState(name, state),
      "no server runs with this state folder: nobody checked these names",
    ],
  };
}
