import { join } from "node:path";
import type { Architecture } from "./apt-sources.ts";

/** The folders and files of a private apt, which shares nothing with the machine's own but how to reach the archive. */
export function aptFolders(root: string) {
  return {
    configuration: join(root, "apt.conf"),
    sources: join(root, "debian.sources"),
    lists: join(root, "lists"),
    incoming: join(root, "incoming"),
    status: join(root, "status"),
  };
}

/** What of `Acquire::` is not about reaching the archive, or would weaken what apt verifies. */
const notTaken =
  /^Acquire::(IndexTargets|Languages|CompressionTypes|GzipIndexes|cdrom|Changelogs|AllowInsecure|AllowWeak|AllowDowngrade)/;

/**
 * The configuration of the private apt. `dump` is what `apt-config dump` printed on this machine: proxies, timeouts
 * and the like are taken from it, hooks, preferences and sources are not (a hook of the machine's apt may well empty
 * its caches or wake a desktop).
 */
export function aptConfiguration(root: string, dump: string, architecture: Architecture): string {
  const folders = aptFolders(root);
  const settings: Readonly<Record<string, string>> = {
    // APT_CONFIG is read first (apt.conf(5)): from here on nothing else is.
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::parts": "/dev/null",
    "Dir::Etc::sourcelist": folders.sources,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::Etc::trusted": "/dev/null",
    "Dir::Etc::trustedparts": "/dev/null",
    "Dir::State": join(root, "state"),
    "Dir::State::lists": folders.lists,
    "Dir::State::status": folders.status,
    "Dir::Cache": join(root, "cache"),
    // 35 MB that only help where the machine's own packages count too.
    "Dir::Cache::srcpkgcache": "",
    "Dir::Log": join(root, "log"),
    "APT::Architecture": architecture,
    "APT::Architectures": architecture,
    // As root apt would fetch as the user `_apt`, who cannot enter a store inside /root.
    "APT::Sandbox::User": "",
    // Without it `update` forgives a mirror that does not answer, and goes on with an old index or none.
    "APT::Update::Error-Mode": "any",
    "Acquire::Languages": "none",
    "Acquire::GzipIndexes": "true",
    "Acquire::Retries": "2",
  };
  const taken = dump.split("\n").filter((line) => /^Acquire::\S+ /.test(line) && !notTaken.test(line));
  const own = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  return `${[...own, ...taken].join("\n")}\n`;
}
