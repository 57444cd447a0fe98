import { storeFolder } from "../core/folders.ts";
import { addReleaseKey, alpineSigner, loadReleaseKey } from "../images/alpine/release-key.ts";
import { usageError } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

/** `dryboot image keys [add FILE]`: the keys that sign releases, of which only the fingerprints are known here. */
export async function keys(
  [verb, ...files]: readonly string[],
  { json }: { json: boolean },
  terminal: Terminal,
): Promise<void> {
  const [file] = files;
  if (verb !== undefined && (verb !== "add" || file === undefined || files.length > 1)) {
    throw usageError("only `keys add FILE` is known", "dryboot image keys", "see `dryboot image --help`");
  }
  const store = storeFolder();
  const { name, fingerprint, published } = alpineSigner;
  if (file !== undefined) await addReleaseKey(file, store);
  const here = await loadReleaseKey(store).then(
    () => true,
    () => false,
  );
  if (json) {
    terminal.out(JSON.stringify({ name, fingerprint, published, here }));
    return;
  }
  terminal.out(`${name}: ${here ? "in the store" : "not in the store"}`);
  terminal.out(`  fingerprint ${fingerprint}`);
  if (!here) terminal.out(`  fetch ${published}, then \`./dryboot image keys add FILE\``);
}
