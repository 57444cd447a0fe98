/** A path that a client asks a mirror for, as it may be asked of another server; undefined when it is none. */
export function mirrorPath(path: string): string | undefined {
  if (
    path.length > 512 ||
    !/^[A-Za-z0-9][A-Za-z0-9._~+@%=,:-]*(\/[A-Za-z0-9._~+@=,:-][A-Za-z0-9._~+@%=,:-]*)*$/.test(path)
  )
    return undefined;
  // `%2e%2e` would be two dots to the server behind.
  return path.split("/").some((part) => part === "." || part === ".." || part.includes("%"))
    ? undefined
    : path;
}

/** Whether a file of a mirror never changes: its name says its version. */
export function isImmutable(path: string): boolean {
  return /\.(apk|deb|udeb)$/.test(path) || /-\d[^/]*\.tar\.(gz|xz)$/.test(path);
}
