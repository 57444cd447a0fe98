/** Path below the HTTP server's root of one file of an image. */
export function imagePath(image: string, file: string): string {
  return `images/${encodeURIComponent(image)}/${encodeURIComponent(file)}`;
}

/** Where a booted machine says that it is up. */
export const readyPath = "ready";
