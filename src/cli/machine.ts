import { resolve } from "node:path";
import * as z from "zod";
import type { Change } from "../boot/lifecycle.ts";
import { DrybootError } from "../core/errors.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { assign } from "./assign.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import { stateFlag } from "./state-flag.ts";

export const machine = command({
  name: "machine",
  summary: "Say what a machine boots next, once or from now on",
  details:
    "Without a flag it says what is so. A running server does it at once; without one it is written to the state folder,\n" +
    "and holds from the next start. It survives both. docs/lifecycle.md says how these come together.\n\n" +
    "Exit codes: 0 done, 1 there is no such machine or image, 2 wrong usage.",
  positionals: [{ name: "NAME", describe: "A machine of the site" }],
  flags: z.strictObject({
    nextBoot: image("Boot this image once, and then what it boots now"),
    installOnce: image("Boot this image until the machine has reported ready once, and then its disk"),
    always: image("Boot this image from now on"),
    local: z.boolean().default(false).describe("Boot from its own disk from now on"),
    asSite: z.boolean().default(false).describe("Boot what the site says again"),
    json: z.boolean().default(false).describe("Print one JSON object"),
    state: stateFlag,
  }),
  async run({ flags, args }, terminal, signal) {
    const changes: Change[] = [
      ...(flags.nextBoot === undefined ? [] : [{ next: flags.nextBoot }]),
      ...(flags.installOnce === undefined
        ? []
        : [{ mode: "install-once" as const, image: flags.installOnce }]),
      ...(flags.always === undefined ? [] : [{ mode: "always" as const, image: flags.always }]),
      ...(flags.local ? [{ mode: "local" as const }] : []),
      ...(flags.asSite ? [{ mode: "site" as const }] : []),
    ];
    if (changes.length > 1)
      throw usageError("only one of these flags can be meant", "dryboot machine", "give one");
    const folder = resolve(flags.state ?? defaultStateFolder());
    const assigned = await assign(folder, args.NAME, changes[0], signal);
    if ("problem" in assigned) {
      throw new DrybootError(assigned.problem, { code: "NOT_ASSIGNED", where: folder, hint: assigned.hint });
    }
    if (flags.json) terminal.out(JSON.stringify(assigned.state));
    else for (const line of assigned.says) terminal.out(line);
    return 0;
  },
});

function image(describe: string) {
  return z.string().optional().describe(describe).meta({ placeholder: "IMAGE" });
}
