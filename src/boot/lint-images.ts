import { DrybootError } from "../core/errors.ts";
import { bootScript } from "./boot-script.ts";
import { settingsOfMachine } from "./effective-settings.ts";
import { nixosFinding } from "./lint-nixos.ts";
import type { Finding, Rule } from "./lint-rule.ts";
import type { LintImage, LintSite } from "./lint-site.ts";
import { bootsOf } from "./lint-site.ts";
import { menuImages } from "./menu.ts";
import { planFor } from "./plan.ts";
import { marker } from "./script-address.ts";

function inState(site: LintSite, state: LintImage["state"], says: string, fix: string): Finding[] {
  return [...site.images].flatMap(([name, image]) =>
    image.state === state
      ? [
          {
            path: ["images", name],
            says: `${name} (${image.recipe}) ${says}`,
            fix: `${fix} ${image.build ?? image.recipe}`,
          },
        ]
      : [],
  );
}

const damaged: Rule = {
  id: "image-damaged",
  severity: "error",
  title: "An image in the store is not what was built",
  why: "Its manifest does not agree with its own digest any more: nothing of it is served, and machines are told so by their script.",
  check: (site) =>
    inState(site, "damaged", "has been changed in the store", "build it again: ./dryboot image build"),
};

const absent: Rule = {
  id: "image-not-built",
  severity: "warning",
  title: "An image is not in the store",
  why: "It is built when a lab first needs it, which takes the package archive and a while. Where there is no archive to reach, the machines' script says that the image is missing.",
  check: (site) => inState(site, "absent", "is not in the store", "build it now: ./dryboot image build"),
};

const stale: Rule = {
  id: "image-stale",
  severity: "info",
  title: "An image was built by an older recipe",
  why: "The next lab builds it anew, and what machines boot changes with that.",
  check: (site) =>
    inState(site, "stale", "was built by an older recipe", "build it now: ./dryboot image build"),
};

const unused: Rule = {
  id: "image-unused",
  severity: "info",
  title: "An image that nobody boots",
  why: "It is a leftover, or somebody forgot to give it to the machine that was added for it.",
  check: (site) => {
    const used = new Set([...bootsOf(site).map(({ image }) => image), ...menuImages(site.boot.menu)]);
    return [...site.images.keys()]
      .filter((name) => !used.has(name))
      .map((name) => ({
        path: ["images", name],
        says: `${name} is no machine's image, not the default, and in no menu`,
        fix: "name it in a machine's `image`, or take it out",
      }));
  },
};

const strangers: Rule = {
  id: "default-image-for-strangers",
  severity: "warning",
  title: "Whoever plugs in boots an image of this site",
  why: "`defaultImage` also answers firmware of machines that the site does not name: a visitor's laptop set to boot from the network, a printer, the neighbour's server on the same switch.",
  check: ({ boot, dhcp, images }) => {
    const { defaultImage: name } = boot;
    if (name === undefined || dhcp.mode === "off" || dhcp.mode === "reservations") return [];
    const installs = images.get(name)?.installs ? ", which can overwrite their disks" : "";
    return [
      {
        path: ["defaultImage"],
        says: `gives strangers the image ${name}${installs}`,
        fix: "give each machine its `image`, or set `dhcp.mode` to `reservations`",
      },
    ];
  },
};

function once({ boot }: LintSite, name: string): boolean {
  const machine = boot.machines.find((each) => each.name === name);
  return machine !== undefined && settingsOfMachine(machine, boot).boot?.value === "install-once";
}

const installsAgain: Rule = {
  id: "installer-every-boot",
  severity: "warning",
  title: "A machine boots an installer each time it boots from the network",
  why: "A machine whose firmware tries the network first comes back to the installer after it was installed, for ever: unless `boot` is `install-once` and the installed system, or the end of its installation, fetches `/ready`, nothing here knows that it is done.",
  check: (site) =>
    bootsOf(site).flatMap(({ machine, path, image, about }): Finding[] =>
      machine && about.installs && !once(site, machine.name)
        ? [
            {
              path: [...path, "image"],
              says: `${machine.name} boots ${image}, an installer`,
              fix: "set `boot` to `install-once` and have the installation end with a request for /ready, or put its disk before the network in its firmware",
            },
          ]
        : [],
    ),
};

/** The live server's own function is asked: what it refuses, nobody gets. */
const refused: Rule = {
  id: "command-line-refused",
  severity: "error",
  title: "The kernel command line cannot be passed on",
  why: "Linux on x86 reads 2,047 bytes and drops the rest, and iPXE's scripts have no way to quote: such a script is not served, and the machine gets an error instead of it.",
  check: (site) =>
    bootsOf(site).flatMap((boot): Finding[] => {
      if (nixosFinding(boot)) return []; // a rule of its own says it better
      const { machine, path, about } = boot;
      const mac = machine?.mac ?? "02:00:00:00:00:01"; // any stranger
      const plan = planFor({ mac, htype: 1, architectures: [], userClasses: [marker] }, site.boot);
      if (plan.step !== "script" || plan.image === undefined || !about.built) return [];
      try {
        bootScript({ ...plan, image: plan.image }, about.built, site.boot);
        return [];
      } catch (error) {
        if (!(error instanceof DrybootError)) throw error;
        return [{ path: machine ? [...path, "commandLine"] : path, says: error.message, fix: error.hint }];
      }
    }),
};

const shortBootMs = { bios: 15_000, uefi: 30_000 } as const;

const shortTimeout: Rule = {
  id: "boot-timeout-short",
  severity: "warning",
  title: "The lab gives up before a machine can be up",
  why: "UEFI's network client alone collects DHCP offers for 4 s before it fetches anything, and an emulated machine without KVM takes 10 to 20 s in all.",
  check: ({ bootTimeoutMs, lanes }) => {
    const least = lanes.some((lane) => lane.startsWith("uefi")) ? shortBootMs.uefi : shortBootMs.bios;
    if (bootTimeoutMs >= least) return [];
    return [
      {
        path: ["lab", "bootTimeout"],
        says: `is ${bootTimeoutMs / 1000} s for ${lanes.join(" and ")}`,
        fix: `allow ${least / 1000}s at least, 120s is the default`,
      },
    ];
  },
};

export const imageRules: readonly Rule[] = [
  damaged,
  refused,
  absent,
  strangers,
  installsAgain,
  shortTimeout,
  stale,
  unused,
];
