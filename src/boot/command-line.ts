import type { Word } from "./ipxe/words.ts";

/**
 * Joins kernel command lines, later ones winning as the kernel has it (the last `console=` becomes /dev/console).
 * Words behind `---` are not for the booting system: Debian's installer keeps them for the one it installs, so what is
 * added goes before it.
 */
export function joinCommandLines(...lines: readonly (readonly Word[])[]): Word[] {
  const booting: Word[] = [];
  const installed: Word[] = [];
  for (const words of lines) {
    const split = words.indexOf("---");
    booting.push(...(split === -1 ? words : words.slice(0, split)));
    if (split !== -1) installed.push(...words.slice(split + 1).filter((word) => word !== "---"));
  }
  const divided = lines.some((words) => words.includes("---"));
  return divided ? [...booting, "---", ...installed] : booting;
}
