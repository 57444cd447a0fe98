import { DrybootError } from "../core/errors.ts";
import type { Suite } from "./apt-sources.ts";
import type { Stanza } from "./control-stanzas.ts";

/** One package to download, as the signed index describes it. */
export interface PlannedPackage {
  /** The name it was asked by: a meta package's, where the package itself is another. */
  askedFor: string;
  name: string;
  version: string;
  architecture: string;
  sha256: string;
  sizeBytes: number;
  unpackedBytes: number;
}

/** The kernel behind a meta package, which is empty and only depends on the newest one; undefined for any other package. */
export function kernelBehind(stanza: Stanza): string | undefined {
  if (!/^linux-image-(cloud-)?(amd64|arm64)$/.test(stanza.get("package") ?? "")) return undefined;
  return /^(linux-image-\d\S*) /.exec(stanza.get("depends") ?? "")?.[1];
}

/** Reads one package of `apt-cache show`. */
export function planned(stanza: Stanza, askedFor: string): PlannedPackage {
  const field = (name: string) => {
    const value = stanza.get(name);
    if (value !== undefined) return value;
    throw new DrybootError(`the package index says nothing about the ${name} of ${askedFor}`, {
      code: "ARCHIVE_INDEX",
      where: "the package index",
      hint: "the mirror of this machine is not a complete one: name another in its apt sources",
    });
  };
  return {
    askedFor,
    name: field("package"),
    version: field("version"),
    architecture: field("architecture"),
    sha256: field("sha256"),
    sizeBytes: Number(field("size")),
    unpackedBytes: Number(stanza.get("installed-size") ?? "0") * 1024, // Debian Policy §5.6.20: in KiB
  };
}

/** The name under which `apt-get download` writes a package. */
export function downloadName({ name, version, architecture }: PlannedPackage): string {
  return `${name}_${version.replaceAll(":", "%3a")}_${architecture}.deb`;
}

export function noSuchPackage(name: string, suite: Suite): DrybootError {
  return new DrybootError(`Debian ${suite} has no package ${name}`, {
    code: "ARCHIVE_NO_PACKAGE",
    where: `the package index of ${suite}`,
    hint: "the mirror may carry an older point release: run the same command again later, or report it if it stays so",
  });
}
