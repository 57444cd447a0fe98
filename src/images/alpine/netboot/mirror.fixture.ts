import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { PrivateKey } from "openpgp";
import { createMessage, generateKey, sign } from "openpgp";
import type { Member } from "../apk.fixture.ts";
import { tarOf } from "../apk.fixture.ts";
import type { ReleaseSigner } from "../release-key.ts";

/** A key made for this run, and whom it stands for. */
export async function testSigner(): Promise<{
  signer: ReleaseSigner;
  privateKey: PrivateKey;
  armored: string;
}> {
  const userIDs = [{ name: "Test", email: "test@dryboot.internal" }];
  const { privateKey, publicKey } = await generateKey({ type: "ecc", userIDs, format: "object" });
  return {
    signer: { name: "a test", fingerprint: publicKey.getFingerprint().toUpperCase(), published: "nowhere" },
    ...{ privateKey, armored: publicKey.armor() },
  };
}

export async function signatureOf(bytes: Uint8Array, privateKey: PrivateKey): Promise<string> {
  const message = await createMessage({ binary: bytes });
  return String(await sign({ message, signingKeys: privateKey, detached: true, format: "armored" }));
}

/** A tarball in the layout of Alpine's: `boot/` with each flavour's files, the initramfs for root alone. */
export async function netbootTarball(
  flavors: readonly string[],
  more: readonly Member[] = [],
): Promise<Buffer> {
  const members = flavors.flatMap((flavor): Member[] => [
    { name: `./boot/config-${flavor}`, content: "CONFIG_64BIT=y\n" },
    { name: `./boot/initramfs-${flavor}`, content: `initramfs of ${flavor}`, mode: 0o600 },
    { name: `./boot/modloop-${flavor}`, content: `modloop of ${flavor}`.repeat(5000) },
    { name: `./boot/vmlinuz-${flavor}`, content: `kernel of ${flavor}`.repeat(5000) },
  ]);
  return gzipSync(await tarOf([{ name: "./boot/", type: "directory" }, ...members, ...more]));
}

/** Puts a release into a mirror as Alpine does: the tarball, its sums, its signature, and the list of the newest. */
export async function putRelease(
  mirror: string,
  {
    version,
    tarball,
    privateKey,
    arch = "x86_64",
    signature,
  }: { version: string; tarball: Uint8Array; privateKey: PrivateKey; arch?: string; signature?: string },
): Promise<void> {
  const branch = `v${version.split(".").slice(0, 2).join(".")}`;
  const folder = join(mirror, branch, "releases", arch);
  const file = `alpine-netboot-${version}-${arch}.tar.gz`;
  const sum = (algorithm: string) => createHash(algorithm).update(tarball).digest("hex");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), tarball);
  await writeFile(join(folder, `${file}.sha512`), `${sum("sha512")}  ${file}\n`);
  await writeFile(join(folder, `${file}.asc`), signature ?? (await signatureOf(tarball, privateKey)));
  await writeFile(
    join(folder, "latest-releases.yaml"),
    `---\n${releaseEntry({ branch, arch, version, file, size: tarball.length, sha256: sum("sha256"), sha512: sum("sha512") })}`,
  );
}

/** An entry of the list as Alpine writes it. */
export function releaseEntry(entry: Readonly<Record<string, string | number>>): string {
  const all = {
    ...{
      title: '"Netboot"',
      desc: "|\n    Kernel, initramfs and modloop for\n    netboot.\n",
      flavor: "alpine-netboot",
    },
    ...{ iso: '""', date: "2024-01-26", time: "17:51:45", ...entry },
  };
  return `-\n${Object.entries(all)
    .map(([key, value]) => `  ${key}: ${value}\n`)
    .join("")}`;
}
