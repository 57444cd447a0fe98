import { parseScript, readCommand } from "../../boot/ipxe/parse.ts";
import type { NixosBoot } from "./boot-words.ts";
import { nixosBoot, notBootable } from "./boot-words.ts";

/** What the `netboot.ipxe` of a build says: which files, and the words they are started with. */
export interface NetbootScript extends NixosBoot {
  /** As the script names them: beside it, or the whole address of a release. */
  kernel: string;
  initrd: string;
  /** Whether it leaves room for words of whoever chains it. */
  hook: boolean;
}

/** Of nixpkgs it has four lines; what is longer than this was made by somebody else for something else. */
export const longestScript = 64 * 1024;

/** Where whoever chains the script may put words of his own; an image's command line has its own place for them. */
const cmdlineHook = `\${cmdline}`;

/** Reads `netboot.ipxe`, as nixpkgs writes it. `where` names it in errors. */
export function readNetbootScript(text: string, where: string): NetbootScript {
  if (text.length > longestScript) throw notBootable("its script is longer than any of NixOS", where);
  const { magic, lines } = parseScript(text);
  if (!magic) throw notBootable("it does not begin with `#!ipxe`", where);
  const invoked = lines.flatMap(({ commands }) => commands.map(({ words }) => readCommand(words)));
  const named = (name: string) => {
    const found = invoked.filter((command) => command?.name === name);
    const [command, ...more] = found;
    const [uri, ...rest] = command?.rest ?? [];
    if (uri === undefined || more.length > 0)
      throw notBootable(`it has ${found.length} lines with \`${name}\`, and needs one`, where);
    return { uri, rest };
  };
  const kernel = named("kernel");
  const hook = kernel.rest.includes(cmdlineHook);
  const words = kernel.rest.filter((word) => word !== cmdlineHook);
  return { ...nixosBoot(words, where), kernel: kernel.uri, initrd: named("initrd").uri, hook };
}
