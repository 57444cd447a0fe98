import { once } from "node:events";
import * as z from "zod";
import { storeFolder } from "../core/folders.ts";
import { jsonLine } from "../core/printable.ts";
import { Timeline } from "../core/timeline.ts";
import { recipeNamesOf } from "../images/recipes.ts";
import { recordSite } from "../images/site-records.ts";
import { StoreHolds } from "../images/store-holds.ts";
import { Chronicle } from "../serve/chronicle.ts";
import type { LiveFacts } from "../serve/facts.ts";
import { defaultUser, userToBecome } from "../serve/privileges.ts";
import { startServing } from "../serve/serve.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { loadSite } from "../site/load.ts";
import { command } from "./command.ts";
import { takeHangups } from "./hangup.ts";
import { prepareImages, prepareLoaders } from "./prepare.ts";
import { entryLine, isWorthALine } from "./serve-lines.ts";
import { siteLock } from "./site-lock.ts";
import { stateFlag } from "./state-flag.ts";

export const serve = command({
  name: "serve",
  summary: "Answer the machines of a site on a real network",
  details:
    "Binds DHCP, TFTP and HTTP on the interface, gives up root and answers until it is stopped (Ctrl-C, SIGTERM).\n" +
    "SIGHUP reads the site file again: a file with mistakes changes nothing. A site in mode `server` is not served where\n" +
    "another DHCP server answers. `dryboot status` and `dryboot logs` tell what goes on. Exit codes: 0 stopped,\n" +
    "1 failed, 2 wrong usage.",
  positionals: [{ name: "site", describe: "Name of a folder in lab/, or path of a site file" }],
  flags: z.strictObject({
    interface: z
      .string()
      .describe("Network interface to serve; it must carry the site's server address")
      .meta({ placeholder: "IF" }),
    force: z.boolean().default(false).describe("Serve although another DHCP server answers here"),
    dryRun: z.boolean().default(false).describe("Answer nothing, and say what would have been answered"),
    user: z
      .string()
      .optional()
      .describe(`User to become once everything is bound (default when root: ${defaultUser})`)
      .meta({ placeholder: "NAME" }),
    routerAdvertisements: z
      .boolean()
      .default(false)
      .describe(
        "Say on IPv6 that there is no router; iPXE then does not wait for one. Not where there is one",
      ),
    json: z.boolean().default(false).describe("Print one JSON fact per line instead of sentences"),
    state: stateFlag,
  }),
  async run({ flags, args }, terminal, signal) {
    // From the start: until everything is bound takes seconds, and the site may have changed behind the first look at it.
    using hangups = takeHangups();
    const loaded = await loadSite(args.site);
    const user = await userToBecome(flags.user, signal);
    const timeline = new Timeline<LiveFacts>(undefined, { keep: 1000 }); // the log keeps the rest
    await using chronicle = new Chronicle(timeline, (entry) => {
      if (flags.json) terminal.out(jsonLine(entry));
      else if (isWorthALine(entry)) terminal.out(entryLine(entry));
    });
    const lock = await siteLock(args.site, loaded.file);
    await using holds = new StoreHolds(storeFolder());
    const config = { ...flags, loaded, user, lock, state: flags.state ?? defaultStateFolder() };
    const buildImages = async (names: readonly string[]) => {
      await prepareImages(loaded.site, names, { lock, holds }, terminal, signal);
      // A store that we cannot write to is not one that we collect from.
      await recordSite(storeFolder(), loaded.file, recipeNamesOf(loaded.site)).catch(() => {});
    };
    await prepareLoaders(loaded.site, terminal, signal);
    await using serving = await startServing(config, { timeline, chronicle, buildImages, signal });
    hangups.listen(() => void serving.reload());
    if (!signal.aborted) await once(signal, "abort");
    timeline.record("serve.stopped", { uptimeMs: timeline.now() });
    return 0;
  },
});
