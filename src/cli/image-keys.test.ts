import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { testSigner } from "../images/alpine/netboot/mirror.fixture.ts";
import { image } from "./image.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const never = new AbortController().signal;

async function emptyStore(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-keys-"));
  vi.stubEnv("DRYBOOT_STORE", folder);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  return folder;
}

test("the key that is wanted is named by its fingerprint, and where to have it", async () => {
  await emptyStore();
  const terminal = recordingTerminal();
  expect(await image.main(["keys"], terminal, never)).toBe(0);
  expect(terminal.stdout.join("\n")).toContain("0482D84022F52DF1C4E7CD43293ACD0907D9495A");
  expect(terminal.stdout.join("\n")).toContain("image keys add FILE");
});

test("a key of another fingerprint is refused", async () => {
  const folder = await emptyStore();
  const { armored, signer } = await testSigner();
  const file = join(folder, "other.asc");
  await writeFile(file, armored);
  await expect(image.main(["keys", "add", file], recordingTerminal(), never)).rejects.toMatchObject({
    code: "RELEASE_KEY_OTHER",
    evidence: [expect.anything(), `in it:  ${signer.fingerprint}`],
  });
});
