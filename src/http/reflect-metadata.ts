/**
 * The part of the proposal "Metadata Reflection" that @peculiar/x509's container (tsyringe) asks for when it is loaded:
 * it stops without one, and brings none. An import of this stands before the import of that.
 */
type Key = unknown;
type Target = object;

const kept = new WeakMap<Target, Map<Key, unknown>>();

function defineMetadata(key: Key, value: unknown, target: Target): void {
  const entries = kept.get(target) ?? new Map<Key, unknown>();
  kept.set(target, entries.set(key, value));
}

const getOwnMetadata = (key: Key, target: Target): unknown => kept.get(target)?.get(key);

function getMetadata(key: Key, target: Target): unknown {
  for (let holder: Target | null = target; holder !== null; holder = Object.getPrototypeOf(holder)) {
    if (kept.get(holder)?.has(key)) return getOwnMetadata(key, holder);
  }
  return undefined;
}

const metadata = (key: Key, value: unknown) => (target: Target) => defineMetadata(key, value, target);

// Somebody else's, should there be one, is left as it is.
if (!("getMetadata" in Reflect)) {
  Object.assign(Reflect, { defineMetadata, getOwnMetadata, getMetadata, metadata });
}
