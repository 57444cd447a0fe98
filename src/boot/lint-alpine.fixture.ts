import { site } from "./lint.fixture.ts";
import type { LintCase } from "./lint-loaders.fixture.ts";

const path = "images.rescue.commandLine";
const repository = "alpine_repo={http}/mirror/alpine/v3.19/main";
const says = (commandLine: string) => site({ commandLine });

/** For each rule about Alpine a command line that breaks it, what it is told, and the nearest one that does not. */
export const alpineCases: LintCase[] = [
  [
    "alpine-no-network",
    says("modloop={files}/modloop-virt"),
    path,
    /modloop= is a URL, and node1 gets no ip=/,
    says("modloop={files}/modloop-virt ip=dhcp"),
  ],
  [
    "alpine-no-network",
    says(`ip=none ${repository}`),
    path,
    /gets ip=none/,
    says(repository), // a repository that is a URL asks for the network by itself
  ],
  ["alpine-ip-word", says(`ip=any ${repository}`), path, /word of the kernel/, says(`ip=dhcp ${repository}`)],
  [
    "alpine-overlay-name",
    says(`${repository} apkovl={http}/overlay?mac={mac}`),
    path,
    /does not end in \.apkovl\.tar\.gz/,
    says(`${repository} apkovl={http}/node1.apkovl.tar.gz?mac={mac}`),
  ],
  [
    "alpine-overlay-name",
    says(`${repository} apkovl={http}/node1.apkovl.tar.gz.aes-256-cbc`),
    path,
    /does not end/,
    says(`${repository} apkovl=sda1:node1.apkovl.tar.gz.aes-256-cbc`), // from a disk it is decrypted
  ],
  [
    "alpine-overlay-name",
    says("alpine_repo=http://m/v3.18/main apkovl=http://m/a.apkovl.tar.gz?b"),
    path,
    /has a query, and Alpine 3\.18/,
    says("alpine_repo=http://m/v3.18/main apkovl=http://m/b/a.apkovl.tar.gz"),
  ],
  [
    "alpine-branches-differ",
    says(`${repository} modloop=http://m/v3.20/releases/x86_64/netboot-3.20.3/modloop-virt`),
    path,
    /modloop= is of 3\.20, and alpine_repo= of 3\.19/,
    says(`${repository} modloop=http://m/v3.19/releases/x86_64/netboot-3.19.4/modloop-virt`),
  ],
  [
    "alpine-netboot-moves",
    says(`${repository} modloop=http://m/v3.19/releases/x86_64/netboot/modloop-virt`),
    path,
    /moves/,
    says(`${repository} modloop=http://m/v3.19/releases/x86_64/netboot-3.19.4/modloop-virt`),
  ],
  [
    "alpine-https-too-early",
    says("alpine_repo=https://m/v3.14/main"),
    path,
    /alpine_repo= is https, and Alpine is 3\.14/,
    says("alpine_repo=https://m/v3.15/main"),
  ],
  [
    "alpine-repositories-too-early",
    says(`${repository},{http}/mirror/alpine/v3.19/community`),
    path,
    /names several, and Alpine is 3\.19/,
    says("alpine_repo=http://m/v3.20/main,http://m/v3.20/community"),
  ],
];
