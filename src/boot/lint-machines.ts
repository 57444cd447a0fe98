import { formatSize } from "../core/units.ts";
import { mayGiveImage, settingsOfMachine } from "./effective-settings.ts";
import type { Finding, Rule } from "./lint-rule.ts";
import type { LintMachine, LintSite } from "./lint-site.ts";
import { bootsOf } from "./lint-site.ts";
import { memoryNeeded } from "./memory-needed.ts";
import { usableUuid } from "./script-address.ts";

/** One finding per machine that `finds` has something to say about. */
function perMachine(
  { machines }: LintSite,
  key: keyof LintMachine,
  finds: (machine: LintMachine) => Omit<Finding, "path"> | undefined,
): Finding[] {
  return machines.flatMap((machine, index) => {
    const found = finds(machine);
    return found ? [{ path: ["machines", index, key], ...found }] : [];
  });
}

const nothingToBoot: Rule = {
  id: "machine-without-image",
  severity: "warning",
  title: "A machine has nothing to boot",
  why: "Its firmware gets an address and no boot file, which it reports as PXE-E53 or not at all, and goes on to its next boot device.",
  check: (site) =>
    site.boot.machines.flatMap((machine, index) =>
      site.boot.menu || mayGiveImage(settingsOfMachine(machine, site.boot))
        ? []
        : [
            {
              path: ["machines", index],
              says: `${machine.name} has no \`image\`, and the site has no \`defaultImage\``,
              fix: "give it an `image`; leave it so when it should only get its address here",
            },
          ],
    ),
};

const sharedMac: Rule = {
  id: "mac-of-many",
  severity: "warning",
  title: "A MAC address that many machines have",
  why: "52:54:00:12:34:56 is what QEMU gives its first card when it is told nothing: every such guest on the network is taken for this machine.",
  check: (site) =>
    perMachine(site, "mac", ({ name, mac }) =>
      mac === "52:54:00:12:34:56"
        ? {
            says: `${mac} of ${name} is QEMU's default`,
            fix: "give the guest an address of its own: mac=52:54:00:...",
          }
        : undefined,
    ),
};

const impossibleMac: Rule = {
  id: "mac-of-nobody",
  severity: "error",
  title: "A MAC address that no card can have",
  why: "A card sends from a unicast address (IEEE 802: the lowest bit of the first byte is 0, and all zeros mean none). A request from this address never comes.",
  check: (site) =>
    perMachine(site, "mac", ({ name, mac }) =>
      (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1 || mac === "00:00:00:00:00:00"
        ? { says: `${mac} of ${name} is no card's address`, fix: "write the address that its firmware shows" }
        : undefined,
    ),
};

/** Boards whose makers left the template as it was; met on thousands of machines. */
const templateUuids = new Set([
  "03000200-0400-0500-0006-000700080009",
  "00020003-0004-0005-0006-000700080009",
  "12345678-1234-5678-90ab-cddeefaabbcc",
]);

const emptyUuid: Rule = {
  id: "uuid-of-nobody",
  severity: "warning",
  title: "A UUID that names no machine, or thousands",
  why: "All zeros and all ones mean that a machine has none (SMBIOS 3.6 §7.2.1), and some makers ship one UUID on every board: who shows it is not recognised, or is taken for this machine.",
  check: (site) =>
    perMachine(site, "uuid", ({ name, uuid }) =>
      uuid !== undefined && (usableUuid(uuid) === undefined || templateUuids.has(uuid))
        ? {
            says: `${uuid} of ${name} names nobody in particular`,
            fix: "leave it out: its MAC says who it is",
          }
        : undefined,
    ),
};

const reservedNames = new Set(["localhost", "broadcasthost", "wpad", "isatap", "ip6-localhost"]);

const reservedName: Rule = {
  id: "name-reserved",
  severity: "warning",
  title: "A host name that already means something else",
  why: "`localhost` is the machine itself on every system (RFC 6761 §6.3), and Windows looks `wpad` and `isatap` up to find its proxy and its tunnel.",
  check: (site) =>
    perMachine(site, "name", ({ name }) =>
      reservedNames.has(name)
        ? { says: `${name} is no name for a machine`, fix: "call it something else" }
        : undefined,
    ),
};

/** `node-01` and `node1` are one name to whoever says it on the phone. */
const spoken = (name: string) => name.replaceAll("-", "").replaceAll(/(?<!\d)0+(?=\d)/g, "");

const alikeNames: Rule = {
  id: "names-alike",
  severity: "info",
  title: "Two machines whose names differ only in hyphens or leading zeros",
  why: "Whoever reads them out or types them at night reboots the wrong one.",
  check: (site) => {
    const first = new Map<string, string>();
    return perMachine(site, "name", ({ name }) => {
      const other = first.get(spoken(name));
      first.set(spoken(name), other ?? name);
      return other === undefined || other === name
        ? undefined
        : { says: `${name} sounds like ${other}`, fix: "give one of them another name" };
    });
  },
};

const noDriver: Rule = {
  id: "nic-without-driver",
  severity: "error",
  title: "The image has no driver for the machine's network card",
  why: "The firmware's own driver brings in the kernel, which then has no network: it boots into an emergency shell or waits for ever.",
  check: (site) =>
    bootsOf(site).flatMap(({ machine, path, image, about }): Finding[] => {
      if (!machine || about.nics === undefined || about.nics.includes(machine.nic)) return [];
      return [
        {
          path: [...path, "nic"],
          says: `${machine.name} has the card ${machine.nic}, and image ${image} has drivers for ${about.nics.join(", ")}`,
          fix: `set it to ${about.nics.join(" or ")}, or boot another image`,
        },
      ];
    }),
};

const littleMemory: Rule = {
  id: "memory-too-small",
  severity: "error",
  title: "The machine has less memory than its boot needs",
  why: "The loader holds the packed initrd while the kernel unpacks it: about 2.5 times its size, and the kernel; NixOS takes 512 MiB more. Short of that the boot ends with `Initramfs unpacking failed` or in the OOM killer, often without a word on the console.",
  check: (site) =>
    bootsOf(site).flatMap(({ machine, path, image, about: { built, userlandBytes } }): Finding[] => {
      if (!machine || !built) return [];
      const needed = memoryNeeded(built, userlandBytes);
      if (machine.memoryBytes >= needed) return [];
      return [
        {
          path: [...path, "memory"],
          says: `${machine.name} has ${formatSize(machine.memoryBytes)}, and image ${image} needs ${formatSize(needed)} to start`,
          fix: "give it more memory, or boot a smaller image",
        },
      ];
    }),
};

const modestMemory: Rule = {
  id: "memory-below-comfort",
  severity: "warning",
  title: "The image behaves otherwise on a machine with so little memory",
  why: "Debian's installer leaves parts of itself out below 737 MiB (lowmem) and asks other questions: what a preseed file or a scenario expects then never comes.",
  check: (site) =>
    bootsOf(site).flatMap(({ machine, path, image, about: { comfortableBytes = 0 } }): Finding[] => {
      if (!machine || machine.memoryBytes >= comfortableBytes) return [];
      return [
        {
          path: [...path, "memory"],
          says: `${machine.name} has ${formatSize(machine.memoryBytes)}, and image ${image} wants ${formatSize(comfortableBytes)}`,
          fix: `set it to ${Math.ceil(comfortableBytes / 2 ** 20)}M or more`,
        },
      ];
    }),
};

const overlayNotRead: Rule = {
  id: "overlay-not-read",
  severity: "warning",
  title: "An overlay that the machine's image does not read",
  why: "Only Alpine's init fetches an overlay. On any other image the machine comes up without its name, packages and keys, and nothing says so.",
  check: ({ boot }) =>
    boot.machines.flatMap((machine): Finding[] => {
      const { overlays, image } = settingsOfMachine(machine, boot);
      const [first] = overlays;
      if (!first || image === undefined || boot.images.get(image.value)?.readsApkovl) return [];
      return [
        {
          path: first.path,
          says: `${machine.name} boots ${image.value}, which reads no overlay`,
          fix: "boot an image with the recipe `alpine` on it, or take the overlay out",
        },
      ];
    }),
};

export const machineRules: readonly Rule[] = [
  impossibleMac,
  noDriver,
  littleMemory,
  nothingToBoot,
  modestMemory,
  sharedMac,
  emptyUuid,
  reservedName,
  alikeNames,
  overlayNotRead,
];
