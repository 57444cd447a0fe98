/**
 * The relative path a request names, or undefined when it names nothing inside the root. Firmware writes `\` for `/`,
 * leads with slashes and doubles them; control characters are in no name of ours.
 */
export function normalisePath(filename: string): string | undefined {
  if (/\p{Cc}/u.test(filename)) return undefined;
  const path: string[] = [];
  for (const segment of filename.split(/[/\\]/)) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") path.push(segment);
    else if (path.pop() === undefined) return undefined;
  }
  return path.length === 0 ? undefined : path.join("/");
}
