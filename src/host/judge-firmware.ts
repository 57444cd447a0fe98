import type { Examination } from "./doctor.ts";
import type { FirmwareFile } from "./firmware-file.ts";
import type { RomImage } from "./option-rom.ts";
import type { Verdict } from "./verdict.ts";

const setup = "./dryboot setup";

/** One verdict per lane, and one on the option ROMs, which decide what the lanes really run. */
export function judgeFirmware({ firmware }: Pick<Examination, "firmware">): Verdict[] {
  const { bios, uefi, roms, loaders } = firmware;
  const biosRom = [roms["efi-virtio.rom"], roms["pxe-virtio.rom"]].find((rom) =>
    rom?.images.some((image) => image.for === "bios"),
  );
  const lanes = [
    judgeLane(
      { id: "firmware-bios", title: "BIOS firmware", lanes: "BIOS" },
      {
        "SeaBIOS (bios-256k.bin)": bios,
        "an iPXE option ROM": biosRom,
        "undionly.kpxe": loaders["undionly.kpxe"],
      },
    ),
    judgeLane(
      { id: "firmware-uefi", title: "UEFI firmware", lanes: "UEFI" },
      { OVMF: uefi?.code, "its variables": uefi?.vars, "snponly.efi": loaders["snponly.efi"] },
    ),
  ];
  // One lane left is a lab that boots.
  const none = lanes.every(({ verdict }) => verdict === "missing");
  return [
    ...lanes.map((lane): Verdict => (none ? { ...lane, stopsBoots: true } : lane)),
    judgeRoms(firmware),
  ];
}

function judgeLane(
  { lanes, ...about }: { id: string; title: string; lanes: string },
  parts: Readonly<Record<string, FirmwareFile | undefined>>,
): Verdict {
  const missing = Object.entries(parts).filter(([, file]) => file === undefined);
  if (missing.length > 0) {
    return {
      ...about,
      verdict: "missing",
      says: `${missing.map(([name]) => name).join(" and ")} not found`,
      disables: `every ${lanes} lane`,
      mend: setup,
    };
  }
  // Variables and code come from one package: naming both would say it twice.
  const named = Object.entries(parts).filter(([name]) => name !== "its variables");
  return {
    ...about,
    verdict: "good",
    says: named.map(([name, file]) => describe(name, file)).join("; "),
    files: filesOf(parts),
  };
}

function filesOf(parts: Readonly<Record<string, FirmwareFile | undefined>>): NonNullable<Verdict["files"]> {
  const files = Object.values(parts).filter((file) => file !== undefined);
  return files.map(({ path, version, sha256 }) => ({ path, version, sha256 }));
}

function describe(name: string, file: FirmwareFile | undefined): string {
  return file === undefined ? name : `${name} ${file.version} (sha256 ${file.sha256.slice(0, 12)})`;
}

function judgeRoms({ roms }: Examination["firmware"]): Verdict {
  const about = { id: "option-roms", title: "Option ROMs" };
  const rom = roms["efi-virtio.rom"];
  if (rom === undefined) {
    return {
      ...about,
      verdict: "limited",
      says: "efi-virtio.rom not found",
      disables: "UEFI lanes that start with the network card's own iPXE",
      mend: setup,
    };
  }
  const held = rom.images.map(describeImage).join(", ") || "nothing that can be read";
  // Neither kind is worse: but what boots differs, and whoever compares two machines has to know.
  return {
    ...about,
    verdict: "good",
    says: `${describe("efi-virtio.rom", rom)}: ${held}`,
    files: filesOf(roms),
  };
}

function describeImage({ for: target, holds }: RomImage): string {
  const name = target === "bios" ? "BIOS" : target === "uefi" ? "UEFI" : "another firmware";
  return `for ${name} ${holds === "driver" ? "a driver without iPXE" : holds === "unknown" ? "unknown code" : `a ${holds}`}`;
}
