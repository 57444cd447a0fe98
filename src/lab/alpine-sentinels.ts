import type { Sentinel } from "./sentinels.ts";

/**
 * How Alpine's netboot says that it cannot become what was asked for. It goes on after most of these, and what is lost
 * shows much later or not at all: an overlay that is not there is dropped, and apk that installs nothing succeeds.
 */
export const alpineSentinels: readonly Sentinel[] = [
  {
    id: "no-card",
    pattern: /ERROR: IP requested but no network interface was found/,
    means: "Alpine's initramfs found no network card",
    next: "its kernel needs a driver for the machine's `nic` in the initramfs; Debian's kernel of the stand-in drives virtio-net alone",
  },
  {
    id: "overlay-suffix",
    // openssl's name on a line of its own is apk's way to say who is missing.
    pattern: /Cipher \S+ is not supported|^ *openssl \(no such package\):/m,
    means: "the overlay's name does not end in `.gz`, which Alpine takes for the cipher it is encrypted with",
    next: "serve it as NAME.apkovl.tar.gz; an encrypted one cannot be opened while booting from the network",
  },
  {
    id: "untrusted-index",
    pattern: /WARNING: .*UNTRUSTED signature/,
    means: "apk does not know the key that signed the repository's index, and takes nothing from it",
    next: "use a mirror of the same branch; the key of a repository of your own goes into the overlay as etc/apk/keys/NAME.rsa.pub",
  },
  {
    id: "repository-unreachable",
    pattern: /WARNING: (?:updating and )?opening (?:from cache )?\S+: .*/,
    means: "apk got no index from the repository",
    next: "fetch the address in the line above with /x86_64/APKINDEX.tar.gz behind it: `alpine_repo` ends in the repository's name, as in .../v3.19/main",
  },
  {
    id: "bad-package",
    pattern: /ERROR: \S+: BAD (?:signature|archive).*/,
    means: "a package is not what the repository's index says it is",
    next: "the mirror's packages and its index are of different days, or damaged: copy both anew, in one go",
  },
  {
    id: "nothing-installed",
    pattern: /.*OK: 0 MiB in 0 packages.*|\S+ not found in new root\b.*/,
    means: "not one package was installed: there is nothing to start",
    next: "the lines before it in its console.log name the reason; no `alpine_repo`, or `ip=none` besides it, leaves none",
  },
  {
    id: "modloop-kernel",
    pattern: /modprobe: can't change directory to '[^']*'.*/,
    means: "the modloop is of another kernel than the one that runs",
    next: "take kernel, initramfs and modloop of one release: a mirror's folder `netboot` without a number changes under way",
  },
  {
    id: "wget-failed",
    pattern: /wget: (?:server returned error: |can't connect to remote host |bad address ).*/,
    means: "a file could not be fetched, and the boot goes on without it: an overlay, a modloop, a key",
    next: "look for http.sent with a status above 399 in timeline.ndjson; when none is there, the server or its name is wrong",
  },
];
