/**
 * UEFI HTTP Boot takes the kind of image from these three types (UEFI 2.10 §24.7.3.3) and, failing that, from the extension:
 * the first is a program, the other two are disks to put in memory.
 */
const types: Readonly<Record<string, string>> = {
  efi: "application/efi",
  iso: "application/vnd.efi-iso",
  img: "application/vnd.efi-img",
  ipxe: "text/plain; charset=utf-8",
  cfg: "text/plain; charset=utf-8",
  txt: "text/plain; charset=utf-8",
  html: "text/html; charset=utf-8",
  json: "application/json",
  gz: "application/gzip",
};

export function contentTypeOf(path: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(types, extension) ? (types[extension] ?? octets) : octets;
}

const octets = "application/octet-stream";
