import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { issueFor, makeAuthority } from "../http/lab-ca.ts";
import { httpsIdentity } from "./https-identity.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-https-"));
  onTestFinished(() => rm(folder, { recursive: true }));
});
const wanted = (more: { cert?: string; key?: string } = {}) =>
  ({ ...more, folder, store: folder, addresses: ["10.69.0.1"], names: ["boot.lab.internal"] }) as const;
const first = (pem: string) => new X509Certificate(pem);

describe("without a certificate of the site's", () => {
  test("an authority is made, kept, and signs a certificate for address and name", async () => {
    const { tls, files } = await httpsIdentity(wanted());
    const bytesOf = (name: string) => {
      const file = files.get(name);
      return file && "bytes" in file ? file.bytes : new Uint8Array();
    };
    const ca = first(Buffer.from(bytesOf("ca.crt")).toString());
    expect(Buffer.from(bytesOf("ca.der"))).toEqual(ca.raw);
    const leaf = first(tls.cert);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect([leaf.checkIP("10.69.0.1"), leaf.checkHost("boot.lab.internal")]).toEqual([
      "10.69.0.1",
      "boot.lab.internal",
    ]);
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    const again = await httpsIdentity(wanted());
    expect(again.files.get("ca.crt")).toEqual(files.get("ca.crt"));
    expect(again.tls.key).not.toBe(tls.key);
  });

  test("its key is its owner's alone, is served to nobody, and is all that is kept", async () => {
    const { files } = await httpsIdentity(wanted());
    const place = join(folder, "authority");
    expect((await readdir(place)).sort()).toEqual(["ca.crt", "ca.key"]);
    expect((await stat(join(place, "ca.key"))).mode & 0o777).toBe(0o600);
    expect([...files.keys()]).toEqual(["ca.crt", "ca.der"]);
    expect(
      JSON.stringify([...files.values()].map((file) => ("bytes" in file ? String(file.bytes) : ""))),
    ).not.toContain("PRIVATE");
  });
});

describe("with a certificate of the site's", () => {
  async function files(more: { expired?: boolean; another?: boolean } = {}) {
    const authority = await makeAuthority("theirs");
    const subject = { addresses: ["10.69.0.1"], names: [] };
    const made = more.expired ? new Date("2020-01-01") : new Date();
    const own = await issueFor(authority, subject, made);
    const key = more.another ? (await issueFor(authority, subject)).key : own.key;
    await writeFile(join(folder, "site.crt"), own.cert);
    await writeFile(join(folder, "site.key"), key);
    return { ...own, cert: own.cert };
  }
  const named = () => httpsIdentity(wanted({ cert: "site.crt", key: "site.key" }));

  test("that one is used, from beside the site file, and no authority is made", async () => {
    const own = await files();
    expect(await named()).toMatchObject({ tls: own, warnings: [] });
    expect(await readdir(folder)).not.toContain("authority");
  });

  test.each([
    ["is over", { expired: true }, /site\.crt is over since/],
    ["has another key", { another: true }, /is not the key of/],
  ])("one that %s is an error that says so and quotes no key", async (_, more, says) => {
    const { key } = await files(more);
    const error = await named().catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "HTTPS_IDENTITY", message: expect.stringMatching(says) });
    expect(JSON.stringify(error)).not.toContain(key.split("\n")[1]);
  });

  test("what is none at all, or not there, is an error too", async () => {
    await expect(named()).rejects.toMatchObject({
      message: expect.stringMatching(/site\.crt cannot be read/),
    });
    await writeFile(join(folder, "site.crt"), "hello");
    await writeFile(join(folder, "site.key"), "hello");
    await expect(named()).rejects.toMatchObject({ message: expect.stringMatching(/is no certificate/) });
  });
});
