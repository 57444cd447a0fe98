import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildImage } from "../../catalogue.ts";
import { ImageStore } from "../../store.ts";
import { addReleaseKey, loadReleaseKey } from "../release-key.ts";
import { netbootTarball, putRelease, testSigner } from "./mirror.fixture.ts";
import type { NetbootOptions } from "./recipe.ts";
import { alpineNetboot } from "./recipe.ts";

const ours = await testSigner();
const options: NetbootOptions = { branch: "v3.19", flavor: "virt", arch: "x86_64" };

describe("Alpine's netboot tarball", () => {
  let folder: string;
  let store: string;
  let mirror: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-netboot-"));
    [store, mirror] = [join(folder, "store"), join(folder, "mirror")];
    await mkdir(store);
    await writeFile(join(folder, "key.asc"), ours.armored);
    await addReleaseKey(join(folder, "key.asc"), store, ours.signer);
    vi.stubEnv("DRYBOOT_ALPINE_MIRROR", mirror);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  const build = async (more: Partial<NetbootOptions> = {}) =>
    await buildImage(alpineNetboot({ ...options, ...more }, ours.signer), { store });
  const put = async (version: string, tarball?: Buffer) =>
    await putRelease(mirror, {
      ...{
        version,
        tarball: tarball ?? (await netbootTarball(["lts", "virt"])),
        privateKey: ours.privateKey,
      },
    });

  test("becomes an image of its three files, which everybody may read", async () => {
    await put("3.19.1");
    const image = await build();
    expect(image).toMatchObject({
      ...{ name: "alpine-netboot-3.19-virt-x86-64", level: 3 },
      ...{
        kernel: { name: "vmlinuz-virt" },
        initrds: [{ name: "initramfs-virt" }],
        files: [{ name: "modloop-virt" }],
      },
    });
    const [initramfs] = image.initrds;
    expect(String(await readFile(initramfs?.path ?? ""))).toBe("initramfs of virt");
    for (const file of [image.kernel, ...image.initrds, ...image.files]) {
      expect((await stat(file.path)).mode & 0o777).toBe(0o644);
    }
    expect(image.inputs).toEqual([
      expect.objectContaining({
        url: expect.stringMatching(/v3\.19\/releases\/x86_64\/alpine-netboot-3\.19\.1-x86_64\.tar\.gz$/),
        signedBy: `OpenPGP key ${ours.signer.fingerprint}`,
      }),
    ]);
    expect(image.commandLine).toBe(
      "modules=loop,squashfs ip=dhcp alpine_repo={http}/mirror/alpine/v3.19/main modloop={files}/modloop-virt console=ttyS0,115200",
    );
  });

  test("is the same image from the same tarball", async () => {
    await put("3.19.1");
    expect((await build()).digest).toBe((await build()).digest);
  });

  test("of a version is found without the list of the newest", async () => {
    await put("3.19.0");
    await put("3.19.1");
    const image = await build({ version: "3.19.0" });
    expect(image.inputs[0]).toMatchObject({ url: expect.stringContaining("alpine-netboot-3.19.0-") });
  });

  test("of no version is the one that Alpine names, whatever lies beside it", async () => {
    await put("3.19.9");
    await put("3.19.1");
    expect((await build()).inputs[0]).toMatchObject({ url: expect.stringContaining("netboot-3.19.1-") });
  });

  describe("is refused, and nothing of it becomes an image", () => {
    const refused = async (code: string, more?: Partial<NetbootOptions>) => {
      await expect(build(more)).rejects.toMatchObject({ code });
      expect(await new ImageStore(store).names()).toEqual([]);
    };
    const file = () => join(mirror, "v3.19/releases/x86_64/alpine-netboot-3.19.1-x86_64.tar.gz");

    test("when it is another than the list says", async () => {
      await put("3.19.1");
      await writeFile(file(), await netbootTarball(["virt"]));
      await refused("FETCH_DIGEST");
    });

    test("when somebody else signed it", async () => {
      const { privateKey } = await testSigner();
      await putRelease(mirror, { version: "3.19.1", tarball: await netbootTarball(["virt"]), privateKey });
      await refused("RELEASE_SIGNATURE");
    });

    test("when the signature is over another file", async () => {
      await put("3.19.1");
      const signature = String(await readFile(`${file()}.asc`));
      await putRelease(mirror, {
        ...{
          version: "3.19.1",
          tarball: await netbootTarball(["virt"]),
          privateKey: ours.privateKey,
          signature,
        },
      });
      await refused("RELEASE_SIGNATURE");
    });

    test.each([
      "",
      "not a signature",
      "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n",
    ])("when its signature is %j", async (signature) => {
      await put("3.19.1");
      await writeFile(`${file()}.asc`, signature);
      await refused("RELEASE_SIGNATURE");
    });

    test("when the list does not name one", async () => {
      await put("3.19.1");
      await writeFile(join(mirror, "v3.19/releases/x86_64/latest-releases.yaml"), "[]\n");
      await refused("RELEASE_LIST");
    });

    test("when the list is a web page", async () => {
      await put("3.19.1");
      await writeFile(join(mirror, "v3.19/releases/x86_64/latest-releases.yaml"), "<!doctype html><p>busy");
      await refused("RELEASE_LIST");
    });

    test("when it lacks the flavour", async () => {
      await put("3.19.1", await netbootTarball(["virt"]));
      await refused("NETBOOT_LAYOUT", { flavor: "lts" });
    });

    test("when it is cut short and signed so", async () => {
      await put("3.19.1", (await netbootTarball(["virt"])).subarray(0, 300));
      await refused("NETBOOT_LAYOUT");
    });

    test("when a file of it leads elsewhere", async () => {
      await put("3.19.1", await netbootTarball(["virt"], [{ name: "boot/../../x", content: "x" }]));
      await refused("NETBOOT_LAYOUT");
    });

    test("before anything is fetched when the key is not there", async () => {
      const { signer } = await testSigner();
      await expect(buildImage(alpineNetboot(options, signer), { store })).rejects.toMatchObject({
        ...{ code: "RELEASE_KEY_MISSING", hint: expect.stringContaining("image keys add") },
      });
    });
  });

  test("of another key under the right name is refused again when the key is read", async () => {
    const other = await testSigner();
    await writeFile(join(store, "keys", `${ours.signer.fingerprint}.asc`), other.armored);
    await expect(loadReleaseKey(store, ours.signer)).rejects.toMatchObject({ code: "RELEASE_KEY_MISSING" });
  });

  test("needs a key of the right fingerprint", async () => {
    const other = await testSigner();
    await writeFile(join(folder, "other.asc"), other.armored);
    await expect(addReleaseKey(join(folder, "other.asc"), store, ours.signer)).rejects.toMatchObject({
      ...{
        code: "RELEASE_KEY_OTHER",
        evidence: [expect.anything(), expect.stringContaining(other.signer.fingerprint)],
      },
    });
    await writeFile(join(folder, "junk"), "junk");
    await expect(addReleaseKey(join(folder, "junk"), store)).rejects.toMatchObject({
      code: "RELEASE_KEY_UNREADABLE",
    });
    await expect(addReleaseKey(join(folder, "absent"), store)).rejects.toMatchObject({
      code: "RELEASE_KEY_UNREADABLE",
    });
  });
});
