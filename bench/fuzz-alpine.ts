import { gzipSync } from "node:zlib";
import { apkOf, indexOf, tarOf } from "../src/images/alpine/apk.fixture.ts";
import { decodeApkIndex, parseApkIndex } from "../src/images/alpine/apk-index.ts";
import { decodeApk, parsePkginfo } from "../src/images/alpine/apk-package.ts";
import { resolveWorld } from "../src/images/alpine/apk-resolve.ts";
import { decodeGzipMember } from "../src/images/alpine/gzip-members.ts";
import { recordText } from "../src/images/alpine/index.fixture.ts";
import { decodeTar } from "../src/images/alpine/tar.ts";
import type { FuzzTarget } from "./fuzz-targets.ts";

const index = [
  recordText({ P: "app", D: "lib>=1 so:libc.so /bin/sh !old", i: "lib busybox", k: "900" }),
  recordText({ P: "lib", V: "1.2_p3-r4", p: "so:lib.so=1.2 lib-any", D: "so:libc.so" }),
  recordText({ P: "musl", p: "so:libc.so=1" }),
  recordText({ P: "busybox", p: "/bin/sh cmd:sh=1.36.1-r0", k: "100" }),
].join("\n");
const tar = await tarOf([
  { name: "etc/", type: "directory" },
  { name: "etc/motd", content: "hello", pax: { "APK-TOOLS.checksum.SHA1": "aa" } },
  { name: "sbin/init", type: "symlink", linkname: "/bin/busybox" },
]);
const limits = { field: "archive", maxBytes: 1_000_000, maxEntries: 1000 };

/** What mirrors of Alpine send. A digest refuses most changes to whole files, so their parts are tried by themselves. */
export const alpineTargets: readonly FuzzTarget[] = [
  {
    name: "gzip stream",
    originals: [gzipSync("hello".repeat(30)), gzipSync(tar)],
    read: (bytes) => void decodeGzipMember(bytes, limits),
  },
  {
    name: "tar archive",
    originals: [tar],
    async read(bytes) {
      for (const { path } of await decodeTar(bytes, limits)) {
        if (path.startsWith("/") || path.split("/").includes("..")) throw new Error(`${path} came through`);
      }
    },
    oneIn: 10,
  },
  {
    name: "apk index",
    originals: [Buffer.from(index)],
    read: (bytes) => void resolveWorld(["app"], parseApkIndex(Buffer.from(bytes).toString())),
  },
  {
    name: "apk's .PKGINFO",
    originals: [Buffer.from("# made\npkgname = a\npkgver = 1\ndepend = b\ndepend = c\n")],
    read: (bytes) => void parsePkginfo(Buffer.from(bytes).toString()),
  },
  {
    name: "apk, whole",
    originals: [await apkOf()],
    read: async (bytes) => void (await decodeApk(bytes)),
    oneIn: 20,
  },
  {
    name: "apk index, whole",
    originals: [await indexOf(index)],
    read: async (bytes) => void (await decodeApkIndex(bytes)),
    oneIn: 20,
  },
];
