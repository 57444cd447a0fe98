import * as z from "zod";
import { storeFolder } from "../core/folders.ts";
import { suggest } from "../core/nearest.ts";
import { printable } from "../core/printable.ts";
import { checkBuildName, IpxeBuilds } from "../images/ipxe-builds.ts";
import type { MakeProgress } from "../images/ipxe-make.ts";
import { makeIpxe, usualTargets } from "../images/ipxe-make.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import { describeBuild, tellBuild } from "./ipxe-text.ts";
import type { Terminal } from "./terminal.ts";

const actions = ["list", "build", "remove"] as const;

export const ipxe = command({
  name: "ipxe",
  summary: "Build an iPXE from a source tree of yours, and list and remove those you have",
  details:
    "  list             the builds in the store, and what each was made of (the default)\n" +
    "  build            run make in --source, and take what it makes into the store\n" +
    "  remove NAME...   take builds out of the store\n\n" +
    "What is built elsewhere is taken into the store by `dryboot image add ipxe PATH`. A site boots by a build with\n" +
    "`loaders.ipxe`, or one machine or kind of firmware by its file: `ipxe-NAME/snponly.efi`. docs/loaders.md says more.",
  positionals: [
    { name: "action", describe: "list, build or remove", optional: true },
    { name: "names", describe: "With `remove`: builds", optional: true, many: true },
  ],
  flags: z.strictObject({
    source: z
      .string()
      .optional()
      .describe("A source tree of iPXE: the folder that holds `src`")
      .meta({ placeholder: "DIR" }),
    embed: z
      .string()
      .optional()
      .describe("A script that it runs in the place of its own")
      .meta({ placeholder: "SCRIPT" }),
    target: z
      .array(z.string())
      .optional()
      .describe(`What to make (default: ${usualTargets.join(", ")})`)
      .meta({ placeholder: "FILE" }),
    option: z
      .array(z.string())
      .optional()
      .describe("A variable of iPXE's make, such as TRUST=ca.pem")
      .meta({ placeholder: "NAME=VALUE" }),
    name: z
      .string()
      .default("own")
      .describe("The name that a site's `loaders.ipxe` selects it by")
      .meta({ placeholder: "NAME" }),
    json: z.boolean().default(false).describe("Print one JSON object per build instead of sentences"),
  }),
  async run({ flags, args }, terminal, signal) {
    const builds = new IpxeBuilds(storeFolder());
    const { action = "list" } = args;
    if (action === "list") return await list(builds, flags.json, terminal);
    if (action === "remove") return await remove(builds, args.names, terminal, signal);
    if (action !== "build") {
      throw usageError(`there is no \`ipxe ${action}\``, "dryboot ipxe", suggest(action, actions));
    }
    const { source, embed, target = usualTargets } = flags;
    if (source === undefined) {
      throw usageError("--source is missing", "dryboot ipxe build", "name a source tree of iPXE");
    }
    const options = Object.fromEntries((flags.option ?? []).map(optionOf));
    const wish = { source, targets: target, options, ...(embed === undefined ? {} : { embed }) };
    checkBuildName(flags.name); // before minutes of work
    const { files, made } = await makeIpxe(wish, { signal, onProgress: showing(terminal) });
    terminal.live([]);
    tellBuild(await builds.add(flags.name, files, { made, signal }), "built", flags.json, terminal);
    return 0;
  },
});

function optionOf(text: string): [string, string] {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw usageError(
    `--option ${JSON.stringify(text)} is not NAME=VALUE`,
    "dryboot ipxe build",
    "write NAME=VALUE",
  );
}

/** Some hundred files: one line that changes on a terminal, elsewhere a line for every fiftieth of them. */
function showing(terminal: Terminal): (progress: MakeProgress) => void {
  return ({ files, now }) => {
    const line = `building iPXE: ${files} files, ${printable(now)}`;
    if (terminal.isTTY) terminal.live([line]);
    else if (files % 50 === 1) terminal.err(line);
  };
}

async function list(builds: IpxeBuilds, json: boolean, terminal: Terminal): Promise<number> {
  const found = await builds.list();
  if (json) for (const build of found) terminal.out(JSON.stringify(build));
  else if (found.length === 0) terminal.out("there is no iPXE of your own in the store");
  else {
    for (const build of found) {
      terminal.out(`${build.name}, added ${build.addedAt.slice(0, 10)}`);
      for (const line of describeBuild(build)) terminal.out(line);
    }
  }
  return 0;
}

async function remove(
  builds: IpxeBuilds,
  names: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  if (names.length === 0) throw usageError("NAME is missing", "dryboot ipxe remove", "see `dryboot ipxe`");
  for (const name of names) {
    const removed = await builds.remove(name, signal);
    terminal.out(removed ? `${name}: removed` : `${name}: was not in the store`);
  }
  return 0;
}
