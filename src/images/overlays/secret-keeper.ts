import { secretMissing } from "./pack-overlay.ts";
import { openSecret, SecretStore } from "./secret-store.ts";

/**
 * The secrets that a running server gives to machines: still encrypted, with the identity in memory, for the user that
 * the server becomes may read neither. Each is decrypted when it is asked for, and forgotten.
 */
export class SecretKeeper {
  readonly #store: SecretStore;
  #identity: string | undefined;
  #problem: Error | undefined;
  #sealed: ReadonlyMap<string, Uint8Array> = new Map();

  private constructor(store: SecretStore) {
    this.#store = store;
  }

  static async open(store: SecretStore = new SecretStore()): Promise<SecretKeeper> {
    const keeper = new SecretKeeper(store);
    await keeper.refresh();
    return keeper;
  }

  /**
   * Reads again what was set meanwhile. Where that is not to be read (any more), what was known before is kept, and only
   * who needs what is not known hears of it: most sites have no secrets.
   */
  async refresh(): Promise<void> {
    try {
      const sealed = await this.#store.sealed();
      if (sealed.size > 0) this.#identity ??= await this.#store.identity();
      this.#sealed = sealed;
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Fails where one of them is not there, or cannot be decrypted: better when a site is read than when a machine boots. */
  async check(names: readonly string[]): Promise<void> {
    await this.values(names);
  }

  async values(names: readonly string[]): Promise<Map<string, Uint8Array>> {
    const values = new Map<string, Uint8Array>();
    for (const name of names) {
      const sealed = this.#sealed.get(name);
      if (sealed === undefined || this.#identity === undefined) throw this.#problem ?? secretMissing(name);
      values.set(name, await openSecret(name, sealed, this.#identity));
    }
    return values;
  }
}
