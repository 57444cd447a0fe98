import { DrybootError } from "../core/errors.ts";
import { askServer } from "../serve/control-client.ts";
import type { LogEntry } from "../serve/log-entry.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import type { ServerStatus } from "../serve/status.ts";
import { entryLine } from "./serve-lines.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Has the server of a site, if one runs, read the site and the store again. What it says goes to standard error: the menu
 * itself may be JSON. Returns the exit code.
 */
export async function updateServer(
  file: string,
  state: string | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<0 | 1> {
  const folder = state ?? defaultStateFolder();
  const [server] = await answers<ServerStatus>(await askServer(folder, { ask: "status" }, signal));
  if (server === undefined) {
    terminal.err(`No \`dryboot serve\` runs with the state folder ${folder}: the next one shows this menu.`);
    return 0;
  }
  if (server.file !== file) throw otherSite(server, file, folder);
  const entries = await answers<LogEntry>(await askServer(folder, { ask: "reload" }, signal));
  for (const entry of entries) terminal.err(entryLine(entry));
  return entries.some(({ type }) => type === "serve.reloaded") ? 0 : 1;
}

async function answers<T>(lines: AsyncIterable<string> | undefined): Promise<T[]> {
  const read: T[] = [];
  for await (const line of lines ?? []) read.push(JSON.parse(line) as T);
  return read;
}

function otherSite({ pid, file: served }: ServerStatus, file: string, folder: string): DrybootError {
  return new DrybootError(`the server with this state folder serves ${served}, and not ${file}`, {
    code: "OTHER_SITE",
    where: `process ${pid}, ${folder}`,
    hint: "name the server's own site, or the folder of the one that is meant with --state DIR",
    exitCode: 2,
  });
}
