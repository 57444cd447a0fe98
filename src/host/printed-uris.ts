/** A package as `apt-get --print-uris` names it. */
export interface PackageUrl {
  name: string;
  version: string;
  /** As apt writes the file. */
  file: string;
  url: string;
}

/** Reads lines such as `'http://…/libc6_2.36-9%2bdeb12u14_amd64.deb' libc6_2.36-9+deb12u14_amd64.deb 2759320 MD5Sum:…`. */
export function parsePrintedUris(text: string): PackageUrl[] {
  return text.split("\n").flatMap((line) => {
    const [, url, file] = /^'([^']+)' (\S+\.deb) \d+ /.exec(line) ?? [];
    const [, name, version] = /^([^_]+)_([^_]+)_[^_]+\.deb$/.exec(file ?? "") ?? [];
    if (url === undefined || file === undefined || name === undefined || version === undefined) return [];
    return [{ name, version: version.replaceAll("%3a", ":"), file, url }]; // the colon of an epoch
  });
}
