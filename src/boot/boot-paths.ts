/** Path below the HTTP server's root of one file of an image. */
export function imagePath(image: string, file: string): string {
  return `images/${encodeURIComponent(image)}/${encodeURIComponent(file)}`;
}

/** Path below the HTTP server's root of a machine's overlay: Alpine judges what it fetches by the end of the name. */
export function overlayPath(mac: string): string {
  return `overlays/${mac}.apkovl.tar.gz`;
}

/** Where a booted machine says that it is up. */
export const readyPath = "ready";
