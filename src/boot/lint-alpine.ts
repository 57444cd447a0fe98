import type { Finding, Rule } from "./lint-rule.ts";
import type { Boot, LintSite, PlacedWord } from "./lint-site.ts";
import { bootsOf } from "./lint-site.ts";

/** What Alpine's init and its modloop service read, as one boot says it. */
interface AlpineBoot extends Boot {
  value(name: string): string | undefined;
  place(name: string): PlacedWord["path"];
  /** As in `v3.19`, from the repository; undefined where nothing says it. */
  minor: number | undefined;
}

const alpineWords = ["alpine_repo", "apkovl", "modloop"];

function perBoot(
  site: LintSite,
  finds: (boot: AlpineBoot) => readonly (Finding | undefined)[],
): readonly Finding[] {
  return bootsOf(site).flatMap((boot) => {
    // The kernel hands on every word; init takes the last of a name.
    const word = (name: string) => boot.words.findLast((one) => one.word.startsWith(`${name}=`));
    if (!alpineWords.some((name) => word(name) !== undefined)) return [];
    const value = (name: string) => word(name)?.word.slice(name.length + 1);
    const [, minor] = /\/v3\.(\d+)(?:\/|$)/.exec(value("alpine_repo") ?? "") ?? [];
    const place = (name: string) => word(name)?.path ?? boot.path;
    const known = { ...boot, value, place, minor: minor === undefined ? undefined : Number(minor) };
    return finds(known).filter((finding) => finding !== undefined);
  });
}

/** What begins with a variable that is an address of this server is a URL by the time Alpine reads it. */
const isUrl = (text = "") => /^(?:https?|ftp):\/\/|^\{(?:http|files)\}/.test(text);
/** Alpine cuts the file's name at the first question mark; before 3.19 it does not. */
const withoutQuery = (url: string) => url.split("?", 1)[0] ?? "";

const noNetwork: Rule = {
  id: "alpine-no-network",
  severity: "error",
  title: "Alpine fetches something, and is not told to set up a network",
  why: "Its init asks for an address when `ip=` is there, or when `apkovl=` or `alpine_repo=` is a URL; a `modloop=` URL alone does not count (mkinitfs' initramfs-init). With `ip=none` it fetches nothing and apk installs nothing, without an error before `/sbin/init not found in new root`.",
  check: (site) =>
    perBoot(site, ({ value, place, who }) => {
      const urls = alpineWords.filter((name) => isUrl(value(name)));
      const [first] = urls;
      if (first === undefined) return [];
      const ip = value("ip");
      const says = `${first}= is a URL, and ${who} gets`;
      if (ip === "none" || ip === "off")
        return [{ path: place("ip"), says: `${says} ip=${ip}`, fix: "say ip=dhcp" }];
      if (ip !== undefined || urls.some((name) => name !== "modloop")) return [];
      return [{ path: place(first), says: `${says} no ip=`, fix: "add ip=dhcp" }];
    }),
};

/** Words of the kernel's own `ip=` (nfsroot.rst). */
const kernelIp = ["on", "any", "both", "bootp", "rarp"];

const ipWord: Rule = {
  id: "alpine-ip-word",
  severity: "error",
  title: "Alpine takes this word of `ip=` for an address",
  why: "`ip=` is read by Alpine's init, not by the kernel: it knows `dhcp`, `none` and `off`, and takes everything else for CLIENT:SERVER:GATEWAY:NETMASK:HOST:DEVICE. A static address that fails is said to be `ok.`, and shows only when the first file cannot be fetched.",
  check: (site) =>
    perBoot(site, ({ value, place }) => {
      const ip = value("ip") ?? "";
      if (!kernelIp.includes(ip)) return [];
      return [{ path: place("ip"), says: `ip=${ip} is a word of the kernel's`, fix: "say ip=dhcp" }];
    }),
};

const overlaySuffix: Rule = {
  id: "alpine-overlay-name",
  severity: "error",
  title: "Alpine does not take this for an overlay",
  why: "The end of the name decides: `gz` is unpacked, and anything else is taken for a cipher, for which init installs openssl before there is a repository. That fails into the recovery shell, so an encrypted overlay cannot come over the network, nor one from a URL such as `/overlay`. Before 3.19 a query (`?mac=...`) counts as a part of the name.",
  check: (site) =>
    perBoot(site, ({ value, place, minor }) => {
      const url = value("apkovl");
      if (url === undefined || !isUrl(url)) return [];
      const path = place("apkovl");
      if (!withoutQuery(url).endsWith(".apkovl.tar.gz")) {
        const says = `apkovl=${url} does not end in .apkovl.tar.gz`;
        return [{ path, says, fix: "serve it, not encrypted, under a name that does" }];
      }
      if (minor === undefined || minor >= 19 || !url.includes("?")) return [];
      const says = `apkovl= has a query, and Alpine 3.${minor} takes it for the end of the name`;
      return [{ path, says, fix: "put what it says into the path" }];
    }),
};

const branches: Rule = {
  id: "alpine-branches-differ",
  severity: "error",
  title: "Alpine's repository and its modloop are of different branches",
  why: "The modloop holds the modules of one kernel, and its signature is in the initramfs it was made with; packages of another branch are linked to other libraries. What differs shows as `modprobe: can't change directory to ...`, or as programs that do not start.",
  check: (site) =>
    perBoot(site, ({ value, place, minor }) => {
      const [, other] = /(?:\/v|netboot-)3\.(\d+)[./]/.exec(value("modloop") ?? "") ?? [];
      if (minor === undefined || other === undefined || Number(other) === minor) return [];
      const says = `modloop= is of 3.${other}, and alpine_repo= of 3.${minor}`;
      return [{ path: place("modloop"), says, fix: "take both from one branch" }];
    }),
};

const moving: Rule = {
  id: "alpine-netboot-moves",
  severity: "warning",
  title: "Alpine's folder `netboot` is another one after each release",
  why: "`releases/ARCH/netboot/` is a link to the newest release: after the next one the modloop there is of another kernel than the one that boots, and every machine comes up without drivers.",
  check: (site) =>
    perBoot(site, ({ value, place }) => {
      const modloop = value("modloop") ?? "";
      if (!/\/releases\/[^/]+\/netboot\//.test(modloop)) return [];
      const says = `modloop=${modloop} moves`;
      return [
        { path: place("modloop"), says, fix: "name the folder of a version, netboot-3.19.1, or use {files}" },
      ];
    }),
};

const https: Rule = {
  id: "alpine-https-too-early",
  severity: "error",
  title: "This Alpine cannot check certificates in its initramfs",
  why: "Certificates of authorities came into the initramfs with 3.15: before that, `https` in `apkovl=` and `alpine_repo=` fails.",
  check: (site) =>
    perBoot(site, ({ value, place, minor }) =>
      minor === undefined || minor >= 15
        ? []
        : ["apkovl", "alpine_repo"].map((name) =>
            value(name)?.startsWith("https://")
              ? { path: place(name), says: `${name}= is https, and Alpine is 3.${minor}`, fix: "say http" }
              : undefined,
          ),
    ),
};

const repositories: Rule = {
  id: "alpine-repositories-too-early",
  severity: "error",
  title: "This Alpine takes one repository",
  why: "Several in `alpine_repo=`, with commas between them, are understood from 3.20 on; before, the list is one address that does not exist.",
  check: (site) =>
    perBoot(site, ({ value, place, minor }) => {
      if (minor === undefined || minor >= 20 || !value("alpine_repo")?.includes(",")) return [];
      return [
        {
          path: place("alpine_repo"),
          says: `alpine_repo= names several, and Alpine is 3.${minor}`,
          fix: "name main alone, and the others in the overlay's etc/apk/repositories",
        },
      ];
    }),
};

/** What Alpine's init makes of a kernel command line, which it passes over in silence where it is wrong. */
export const alpineRules: readonly Rule[] = [
  noNetwork,
  ipWord,
  overlaySuffix,
  branches,
  https,
  repositories,
  moving,
];
