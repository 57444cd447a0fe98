import { parseStanzas, words } from "./control-stanzas.ts";

/** One `deb` line or stanza of this machine's apt configuration: what it offers and who signs it. */
export interface AptSource {
  uri: string;
  suites: readonly string[];
  components: readonly string[];
  /** A keyring's path, a key's fingerprint or a whole key: sources.list(5). */
  signedBy?: string;
  enabled: boolean;
}

/** A release of Debian that packages are fetched from. */
export type Suite = "bookworm" | "trixie" | "sid";

/** Of the machines we boot, whatever this one is: Debian's names. */
export type Architecture = "amd64" | "arm64";

/** Names Debian gives its own suites. Other archives call theirs `bookworm-pgdg`, `nodistro`, `cloud-sdk-bookworm`, … */
const debianSuite =
  /^(buster|bullseye|bookworm|trixie|forky|duke|sid|oldoldstable|oldstable|stable|testing|unstable)$/;
const debianSecuritySuite = /^(bookworm|trixie|forky|oldstable|stable|testing)-security$/;

/** Reads a `.sources` file (deb822 style). */
export function parseSourcesFile(text: string): AptSource[] {
  return parseStanzas(text).flatMap((stanza) => {
    if (!words(stanza, "types").includes("deb")) return [];
    const signedBy = stanza.get("signed-by");
    const common = {
      suites: words(stanza, "suites"),
      components: words(stanza, "components"),
      ...(signedBy ? { signedBy } : {}),
      enabled: !/^(no|false|0|off|without|disable)$/i.test(stanza.get("enabled") ?? "yes"),
    };
    return words(stanza, "uris").map((uri) => ({ uri, ...common }));
  });
}

/** Reads a `.list` file: one line per source, options in brackets. */
export function parseSourcesList(text: string): AptSource[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)/.exec(line);
    const [, options = "", uri, suite, components = ""] = match ?? [];
    if (uri === undefined || suite === undefined) return [];
    const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
    return [
      {
        uri,
        suites: [suite],
        components: components.split(/\s+/).filter((word) => word !== ""),
        ...(signedBy === undefined ? {} : { signedBy }),
        enabled: true,
      },
    ];
  });
}

/** Where this machine gets Debian itself from. */
export interface DebianArchive {
  uri: string;
  /** Security updates come from an archive of their own; absent where this machine does not use it. */
  securityUri?: string;
  keyring: string;
}

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Debian's archive among this machine's sources; undefined when none of them is it. A wrong guess does no harm: what
 * is fetched must be signed by Debian's own keys. A disabled source counts too, after the enabled ones: a machine that
 * is not Debian can name the archive that way without ever installing from it.
 */
export function findDebian(sources: readonly AptSource[]): DebianArchive | undefined {
  const ours = sources.filter(
    ({ uri, components, signedBy }) =>
      components.includes("main") && !uri.startsWith("cdrom:") && isDebianKeyring(signedBy),
  );
  const pick = (suite: RegExp) =>
    ours
      .filter((source) => source.suites.some((name) => suite.test(name)))
      .toSorted((a, b) => likelihood(b) - likelihood(a))[0];
  const base = pick(debianSuite);
  if (base === undefined) return undefined;
  const security = pick(debianSecuritySuite);
  return {
    uri: base.uri,
    ...(security === undefined ? {} : { securityUri: security.uri }),
    keyring: base.signedBy?.startsWith("/") ? base.signedBy : debianKeyring,
  };
}

/** A source that names nobody's keys trusts all of the machine's; Debian's are among them. */
function isDebianKeyring(signedBy: string | undefined): boolean {
  return signedBy === undefined || /\/debian-archive-[\w-]+\.(gpg|pgp|asc)$/.test(signedBy);
}

function likelihood({ uri, signedBy, enabled }: AptSource): number {
  return (
    (enabled ? 4 : 0) + (signedBy === undefined ? 0 : 2) + (/\/debian(-security)?\/?$/.test(uri) ? 1 : 0)
  );
}

/** The sources file of our private apt: one release, and its security updates where the machine uses them. */
export function formatSources(archive: DebianArchive, suite: Suite): string {
  const stanza = (uri: string, name: string) =>
    `Types: deb\nURIs: ${uri}\nSuites: ${name}\nComponents: main\nSigned-By: ${archive.keyring}\n`;
  const stanzas = [stanza(archive.uri, suite)];
  // sid has none: fixes go straight into it.
  if (archive.securityUri && suite !== "sid") stanzas.push(stanza(archive.securityUri, `${suite}-security`));
  return stanzas.join("\n");
}
