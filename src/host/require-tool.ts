import { DrybootError } from "../core/errors.ts";
import { hostFiles } from "./packages.ts";

/** Programs of the host that some boots and images cannot do without, and what brings them. */
const bringing = {
  mmdebstrap: "the package `mmdebstrap` of Debian and Ubuntu",
  dnsmasq: "the package `dnsmasq-base` of Debian and Ubuntu, which starts no server; elsewhere `dnsmasq`",
  mksquashfs: "the package `squashfs-tools`, which `./dryboot setup` does by itself",
} as const;

/** Refuses work that needs an optional program this host does not have; `purpose` completes "... is needed ...". */
export function requireTool(
  name: keyof typeof bringing,
  purpose: string,
  { where, files = hostFiles() }: { where: string; files?: Pick<ReturnType<typeof hostFiles>, "isProgram"> },
): void {
  if (files.isProgram(name)) return;
  throw new DrybootError(`${name} is not installed, and is needed ${purpose}`, {
    code: "TOOL_MISSING",
    where,
    hint: `install ${bringing[name]}`,
    exitCode: 2,
  });
}
