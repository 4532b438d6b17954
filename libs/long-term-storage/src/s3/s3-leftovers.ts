import type { ObjectStore } from '#storage';
import type { S3Keys } from './s3-keys.js';
import type { Pointers } from './s3-pointers.js';

/** Milliseconds, by the store's own clock, after which a tombstone says nothing any more: whoever set it has died. */
export const maxTombstoneAge = 86_400_000;

/**
 * Removes data that nothing points to. A process that found them so and was held up for hours must not remove what has got its
 * name meanwhile: before it looks for the last time it sets a tombstone, and whoever gives data a name looks for one afterwards.
 * One of the two sees the other.
 */
export class Leftovers {
  constructor(
    private readonly store: ObjectStore,
    private readonly bucket: string,
    private readonly keys: S3Keys,
    private readonly pointers: Pointers,
  ) {}

  /** @returns how many there were */
  async remove(name: string, found: readonly string[]): Promise<number> {
    if (found.length === 0) return 0;
    const before = await this.pointers.usedFor(name);
    const unnamed = found.filter((key) => !before.has(key));
    if (unnamed.length === 0) return 0;
    for (const key of unnamed)
      await this.store.put(this.bucket, this.keys.tombstone(key), Buffer.from('x'), { size: 1 });
    const now = await this.pointers.usedFor(name);
    // Of those that have a name by now the tombstones stay until they are too old: their writers may be about to look for them.
    const doomed = unnamed.filter((key) => !now.has(key));
    await this.store.remove(this.bucket, doomed);
    await this.store.remove(
      this.bucket,
      doomed.map((key) => this.keys.tombstone(key)),
    );
    return doomed.length;
  }

  /**
   * Whether another archiver may remove these data at any moment, although they have a name now.
   *
   * @param pointer the key of the object that was written to name them, a moment ago
   */
  async areDoomed(key: string, pointer: string): Promise<boolean> {
    const tombstone = this.keys.tombstone(key);
    const set = await this.store.head(this.bucket, tombstone);
    if (set === undefined) return false;
    const named = await this.store.head(this.bucket, pointer);
    const age = (named?.modifiedAt.getTime() ?? 0) - set.modifiedAt.getTime();
    if (age <= maxTombstoneAge) return true;
    await this.store.removeUnchanged(this.bucket, [{ key: tombstone, etag: set.etag }]);
    return false;
  }
}
