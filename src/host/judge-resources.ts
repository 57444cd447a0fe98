import { formatSize } from "../core/units.ts";
import type { Examination } from "./doctor.ts";
import type { FolderRoom } from "./resources.ts";
import type { Verdict } from "./verdict.ts";
import { asRoot } from "./verdict.ts";

const mib = 2 ** 20;
/** A guest of 512 MiB with the `rescue` image, QEMU's own needs, and the servers. */
const oneMachineBytes = 768 * mib;
/** The `debian-installer` image unpacks itself in memory; two machines at once need about as much. */
const anyImageBytes = 1536 * mib;
/** The quickstart's packages, unpacked, and its images. */
const storeBytes = { least: 300 * mib, wanted: 1024 * mib };
/** A run keeps consoles, a capture and screens: a few MiB, with a kept one now and then much larger. */
const reportsBytes = { least: 20 * mib, wanted: 200 * mib };

export function judgeResources({ resources, uid }: Pick<Examination, "resources" | "uid">): Verdict[] {
  const { availableMemoryBytes, processor, store, reports } = resources;
  return [
    judgeMemory(availableMemoryBytes),
    judgeCores(processor.cores),
    judgeRoom({ id: "store", title: "Store" }, store, storeBytes, "the images and packages of a boot", uid),
    judgeRoom({ id: "reports", title: "Reports" }, reports, reportsBytes, "the records of a run", uid),
  ];
}

function judgeMemory(bytes: number): Verdict {
  const says = `${formatSize(bytes)} available`;
  const about = { id: "memory", title: "Memory", says };
  if (bytes >= anyImageBytes) return { ...about, verdict: "good" };
  if (bytes >= oneMachineBytes) {
    return {
      ...about,
      verdict: "limited",
      disables: "the debian-installer image, and two machines at once",
      mend: `end other programs until ${formatSize(anyImageBytes)} are available (see \`free -m\`)`,
    };
  }
  return {
    ...about,
    verdict: "missing",
    disables: "every boot",
    mend: `end other programs until ${formatSize(oneMachineBytes)} are available (see \`free -m\`), or lift the container's limit`,
    stopsBoots: true,
  };
}

function judgeCores(cores: number): Verdict {
  const about = { id: "cores", title: "Processors" };
  if (cores > 1)
    return { ...about, verdict: "good", says: `${cores} usable: as many machines boot at a time` };
  return {
    ...about,
    verdict: "limited",
    says: "one usable",
    disables: "booting two machines at full speed; a guest shares its core with the servers",
    mend: "give this machine or container a second processor",
  };
}

function judgeRoom(
  about: { id: string; title: string },
  folder: FolderRoom,
  bytes: { least: number; wanted: number },
  holds: string,
  uid: number,
): Verdict {
  if (!folder.writable) {
    return {
      ...about,
      verdict: "missing",
      says: `${folder.path} may not be written by this user`,
      disables: `every boot: ${holds} are kept there`,
      mend:
        about.id === "store"
          ? "export DRYBOOT_STORE=FOLDER (one that is yours)"
          : asRoot(`chown -R ${uid} ${folder.nearest}`, uid),
      stopsBoots: true,
    };
  }
  const says = `${formatSize(folder.freeBytes)} free in ${folder.path}`;
  if (folder.freeBytes >= bytes.wanted) return { ...about, verdict: "good", says };
  const mend = `make room: \`du -sh ${folder.nearest}\` shows what is there; ${formatSize(bytes.wanted)} are wanted`;
  if (folder.freeBytes >= bytes.least)
    return { ...about, verdict: "limited", says, disables: "larger images, and many runs", mend };
  return {
    ...about,
    verdict: "missing",
    says,
    disables: `every boot: ${holds} go there`,
    mend,
    stopsBoots: true,
  };
}
