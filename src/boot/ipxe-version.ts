/** `2.0.0` of option 175; a development build's fourth number is not looked at. */
export function parseIpxeVersion(text: string): readonly [number, number, number] | undefined {
  const [, major, minor, patch] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\.|$)/.exec(text) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

/** Whether an iPXE is older than another; one that does not say its version is older than any. */
export function isOlderIpxe(version: string | undefined, than: string): boolean {
  const is = version === undefined ? undefined : parseIpxeVersion(version);
  const wanted = parseIpxeVersion(than);
  if (is === undefined || wanted === undefined) return true;
  const differing = ([0, 1, 2] as const).find((part) => is[part] !== wanted[part]);
  return differing !== undefined && is[differing] < wanted[differing];
}
