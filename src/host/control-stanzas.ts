/** One stanza of a Debian control file: field names in lower case, because they are compared without regard to case. */
export type Stanza = ReadonlyMap<string, string>;

/**
 * Reads the format of control files, package indexes and `.sources` files (Debian Policy §5.1, deb822(5)): fields,
 * continuation lines that begin with a blank, comments, stanzas separated by empty lines. Lines that are none of
 * these are left out: apt says what is wrong with its own files better than we could.
 */
export function parseStanzas(text: string): Stanza[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .split(/\n[ \t]*\n/)
    .map(parseStanza)
    .filter((stanza) => stanza.size > 0);
}

function parseStanza(text: string): Stanza {
  const fields = new Map<string, string>();
  let last: string | undefined;
  for (const line of text.split("\n")) {
    if (/^[ \t]/.test(line)) {
      if (last !== undefined) fields.set(last, `${fields.get(last)}\n${line.trim()}`);
      continue;
    }
    const [, name, value = ""] = /^([^\s:]+)[ \t]*:[ \t]*(.*)$/.exec(line) ?? [];
    last = name?.toLowerCase();
    if (last !== undefined) fields.set(last, value.trim());
  }
  return fields;
}

/** The blank-separated words of a field; none when it is absent. */
export function words(stanza: Stanza, field: string): string[] {
  return (stanza.get(field) ?? "").split(/\s+/).filter((word) => word !== "");
}
