import { run } from "../core/child.ts";
import { requireTool } from "../host/require-tool.ts";

/**
 * Packs a folder as a squashfs image: same files, same bytes, whoever packs them and when. Everything in it belongs to
 * root and carries no time. zstd is what distributions use today, and what every kernel of theirs unpacks.
 */
export async function packSquashfs(
  folder: string,
  file: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  requireTool("mksquashfs", "to pack a file system that machines mount from memory", { where: file });
  const args = [
    ...[folder, file, "-noappend", "-no-progress", "-no-xattrs", "-all-root"],
    ...["-comp", "zstd", "-Xcompression-level", "19"],
  ];
  await run("mksquashfs", args, {
    // Both of the image's own time and of every file's that is later. As a flag each would be refused beside this setting,
    // which reproducible builds have in their environment.
    env: { SOURCE_DATE_EPOCH: "0" },
    ...(signal === undefined ? {} : { signal }),
    hint: "read what mksquashfs said; `apt-get install squashfs-tools` brings one that knows zstd",
  });
}
