import { imagePath } from "../boot/boot-paths.ts";
import { parseConfigName } from "../boot/config-names.ts";
import { scriptPath } from "../boot/script-address.ts";
import type { FileRole, RoleOf } from "./phase.ts";

/** As much of an image as is needed to know its files by their addresses. */
interface NamedFiles {
  kernel: { name: string };
  initrds: readonly { name: string }[];
}

/** What each file of a site is to a boot, judged by the path a client asked for. */
export function fileRoles(
  images: Iterable<readonly [string, NamedFiles]>,
  loaders: Iterable<string>,
): RoleOf {
  const roles = new Map<string, FileRole>([[scriptPath, "script"]]);
  for (const loader of loaders) roles.set(loader, "loader");
  for (const [name, { kernel, initrds }] of images) {
    roles.set(imagePath(name, kernel.name), "kernel");
    for (const initrd of initrds) roles.set(imagePath(name, initrd.name), "initrd");
  }
  return (path) => {
    const file = path.replace(/^\/+/, "").replace(/\?.*$/, "");
    return roles.get(file) ?? (parseConfigName(file) ? "script" : undefined);
  };
}

/** The same for who has only the log of a server, and not its site: by what such files are called. */
export const roleByName: RoleOf = (path) => {
  const file = path.replace(/^\/+/, "").replace(/\?.*$/, "");
  if (file === scriptPath || parseConfigName(file)) return "script";
  if (!file.startsWith("images/"))
    return /\.(?:efi|k{0,3}pxe|lkrn|0|c32)$/i.test(file) ? "loader" : undefined;
  if (/\/[^/]*initr[^/]*$/i.test(file)) return "initrd";
  return /\/[^/]*(?:linu[xz]|kernel|bzimage)[^/]*$/i.test(file) ? "kernel" : undefined;
};
