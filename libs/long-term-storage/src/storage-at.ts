import { PermanentError } from '#kernel';
import type { LongTermStorage } from './long-term-storage.js';

/** What one item of LTS_ROOTS tells the adapter of its scheme. */
export interface StoragePlace {
  /** All that follows `<scheme>:`. */
  readonly place: string;
  /** The file that LTS_MARKER names; see `PosixShareOptions`. */
  readonly marker: string | undefined;
}

/** Makes the storage at a place. Its name is stored with each copy: the same place has the same name for ever. */
export type StorageFactory = (place: StoragePlace) => LongTermStorage;

const factories = new Map<string, StorageFactory>();
/** The scheme of an item that is a plain path. */
const plain = 'posix';
const schemeOf = /^([a-z][a-z0-9+.-]*):(.*)$/i;

/**
 * An adapter registers itself under its scheme when its file is loaded: it is chosen by LTS_ROOTS from then on.
 *
 * @returns takes the registration back
 * @throws Error when another adapter has the scheme
 */
export function registerStorage(scheme: string, factory: StorageFactory): () => void {
  if (!schemeOf.test(`${scheme}:`) || scheme !== scheme.toLowerCase() || factories.has(scheme))
    throw new Error(
      `Expected a scheme of small letters that no storage adapter has yet (they have ${known()}), found "${scheme}". Register the adapter under another.`,
    );
  factories.set(scheme, factory);
  return () => void factories.delete(scheme);
}

/**
 * The storage that one item of LTS_ROOTS names: an absolute path, which is one of scheme `posix`, or `<scheme>:<place>`.
 *
 * @throws PermanentError `kernel.configuration` when no adapter is registered under the scheme
 */
export function storageAt(item: string, marker?: string): LongTermStorage {
  const [, written, place = item] = schemeOf.exec(item) ?? [];
  const scheme = written?.toLowerCase() ?? plain;
  const factory = factories.get(scheme);
  if (written?.toLowerCase() === plain && !place.startsWith('/'))
    throw new PermanentError(
      'kernel.configuration',
      `Expected posix:<absolute path> in LTS_ROOTS, found ${JSON.stringify(item)}. Write the whole path.`,
    );
  if (factory !== undefined) return factory({ place, marker });
  throw new PermanentError(
    'kernel.configuration',
    `Expected an absolute path or an address of one of the schemes ${known()} in LTS_ROOTS, found ${JSON.stringify(item)}. Correct the scheme, or import the adapter of "${scheme}" in libs/long-term-storage.`,
  );
}

/**
 * What records call the storage of an item of LTS_ROOTS: not the item itself where that has a scheme or settings. What is no item
 * is a name already.
 */
export function storageNameOf(item: string): string {
  try {
    return storageAt(item).name;
  } catch {
    return item;
  }
}

/**
 * The storages that LTS_ROOTS names, in its order.
 *
 * @throws PermanentError `kernel.configuration` for an unknown scheme, and for one storage twice: two copies in one place are one
 */
export function storagesAt(items: readonly string[], marker?: string): LongTermStorage[] {
  const storages = items.map((item) => storageAt(item, marker));
  const names = storages.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return storages;
  throw new PermanentError(
    'kernel.configuration',
    `Expected each storage once in LTS_ROOTS, found ${JSON.stringify(twice)} twice: copies would lie in one place. Remove one of them.`,
  );
}

function known(): string {
  return [...factories.keys()].sort().join(', ');
}
