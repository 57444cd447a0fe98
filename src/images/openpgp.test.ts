import { existsSync, readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import type { Signature } from "openpgp";
import { readCleartextMessage } from "openpgp";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import { signatureOf, testSigner } from "./alpine/netboot/mirror.fixture.ts";
import { decodeOpenPgpKeys, verifyDetached } from "./openpgp.ts";

const bytes = Buffer.from("what is signed");
const [one, other] = [await testSigner(), await testSigner()];
const keysOf = async (text: string) => await decodeOpenPgpKeys(Buffer.from(text));

describe("a detached signature", () => {
  test("of a trusted key says whose it is", async () => {
    const keys = [...(await keysOf(other.armored)), ...(await keysOf(one.armored))];
    expect(await verifyDetached(bytes, Buffer.from(await signatureOf(bytes, one.privateKey)), keys)).toEqual({
      signedBy: one.signer.fingerprint,
    });
  });

  test("of another key, or over other bytes, counts for nothing", async () => {
    const keys = await keysOf(one.armored);
    const foreign = Buffer.from(await signatureOf(bytes, other.privateKey));
    expect(await verifyDetached(bytes, foreign, keys)).toHaveProperty("problem");
    const own = Buffer.from(await signatureOf(bytes, one.privateKey));
    expect(await verifyDetached(Buffer.from("something else"), own, keys)).toHaveProperty("problem");
    expect(await verifyDetached(bytes, own, [])).toHaveProperty("problem");
  });

  test("counts for nothing whatever has become of it", async () => {
    const keys = await keysOf(one.armored);
    const signature = Buffer.from(await signatureOf(bytes, one.privateKey));
    for (const changed of mutants([signature], 200)) {
      const answer = await verifyDetached(bytes, changed, keys);
      // Its comments and the end of its last line are covered by nothing.
      if ("signedBy" in answer) expect(answer.signedBy).toBe(one.signer.fingerprint);
    }
  });
});

test("keys are read or refused, whatever has become of them", async () => {
  for (const changed of mutants([Buffer.from(one.armored)], 200)) {
    const read = await decodeOpenPgpKeys(changed).catch((error: unknown) => error);
    if (!Array.isArray(read)) expect(read).toBeInstanceOf(DecodeError);
  }
});

/** What gpg made, and not the library that reads it. */
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const releases: string[] = [];
for await (const path of glob("/var/lib/apt/lists/*_dists_*_InRelease")) releases.push(path);

describe.skipIf(releases.length === 0 || !existsSync(keyring))(
  "Debian's own signatures (skipped where apt has fetched no InRelease, or there is no debian-archive-keyring)",
  () => {
    test.each(releases)("are good: %s", async (path) => {
      const release = await readCleartextMessage({ cleartextMessage: readFileSync(path, "utf8") });
      const text = Buffer.from(release.getText().replaceAll("\n", "\r\n"));
      // Which the types leave out.
      const { signature: detached } = release as unknown as { signature: Signature };
      const signature = Buffer.from(detached.armor());
      const keys = await decodeOpenPgpKeys(readFileSync(keyring));
      expect(await verifyDetached(text, signature, keys)).toHaveProperty("signedBy");
      text.writeUInt8(text.readUInt8(20) ^ 1, 20);
      expect(await verifyDetached(text, signature, keys)).toHaveProperty("problem");
    });
  },
);
