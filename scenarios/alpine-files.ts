import { generateKeyPairSync, sign } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import type { Pack } from "tar-stream";
import { pack } from "tar-stream";

/** The index of a repository without packages, signed by a key that nobody else has. */
export async function packStrangersIndex(): Promise<Uint8Array> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const index = pack();
  index.entry({ name: "DESCRIPTION" }, "a stranger's");
  index.entry({ name: "APKINDEX" }, "\n");
  const content = gzipSync(await ended(index));
  const signature = pack();
  signature.entry({ name: ".SIGN.RSA.stranger.rsa.pub" }, sign("sha1", content, privateKey));
  // Without the blocks that end an archive: the index goes on where the signature ends.
  return Buffer.concat([gzipSync((await ended(signature)).subarray(0, -1024)), content]);
}

async function ended(archive: Pack): Promise<Buffer> {
  archive.finalize();
  return await buffer(archive);
}
