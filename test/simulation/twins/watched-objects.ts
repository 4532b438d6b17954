import type { ObjectVersion } from '#storage';
import { MemoryObjectStore } from '#storage/testing';

/** An object goes: told before it does. */
export type RemovalWatcher = (bucket: string, key: string, content: Buffer) => void;

/** The object store of an installation; judges see what goes. */
export class WatchedObjects extends MemoryObjectStore {
  readonly removals: RemovalWatcher[] = [];

  contentOf(bucket: string, key: string): Buffer | undefined {
    return this.buckets.get(bucket)?.get(key)?.content;
  }

  keysOf(bucket: string): string[] {
    return [...(this.buckets.get(bucket)?.keys() ?? [])];
  }

  override remove(bucket: string, keys: Iterable<string>): Promise<void> {
    const all = [...keys];
    for (const key of all) this.tell(bucket, key);
    return super.remove(bucket, all);
  }

  override removeUnchanged(bucket: string, versions: Iterable<ObjectVersion>): Promise<string[]> {
    const all = [...versions];
    for (const { key, etag } of all)
      if (this.buckets.get(bucket)?.get(key)?.etag === etag) this.tell(bucket, key);
    return super.removeUnchanged(bucket, all);
  }

  private tell(bucket: string, key: string): void {
    const content = this.contentOf(bucket, key);
    if (content !== undefined) for (const watch of this.removals) watch(bucket, key, content);
  }
}
