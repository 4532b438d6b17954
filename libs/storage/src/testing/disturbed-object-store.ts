import type { ObjectRange, ObjectVersion, OpenObject } from '../object-store.js';
import { MemoryObjectStore } from './memory-object-store.js';

/** An object store in memory in which another writer strikes at a chosen moment. */
export class DisturbedObjectStore extends MemoryObjectStore {
  /** After an object was read to its end. */
  afterRead: ((bucket: string, key: string) => Promise<void>) | undefined;
  /** Before versions are compared and removed. */
  beforeRemoval: (() => Promise<void>) | undefined;

  override async open(bucket: string, key: string, range?: ObjectRange): Promise<OpenObject> {
    const { body, etag } = await super.open(bucket, key, range);
    const strike = this.afterRead;
    async function* bytes() {
      yield* body as AsyncIterable<Buffer>;
      await strike?.(bucket, key);
    }
    return { body: bytes() as unknown as OpenObject['body'], etag };
  }

  override async removeUnchanged(bucket: string, versions: Iterable<ObjectVersion>): Promise<string[]> {
    await this.beforeRemoval?.();
    return super.removeUnchanged(bucket, versions);
  }
}
