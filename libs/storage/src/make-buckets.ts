import { messageOf, wait } from '#kernel';
import type { Logger } from '#observability';
import type { ObjectStore } from './object-store.js';

/** Milliseconds between two tries. */
const pause = 3000;

/** Makes the buckets that an app writes to: tries until object storage answers, or the app stops. */
export async function makeBuckets(
  store: ObjectStore,
  buckets: readonly string[],
  stopping: AbortSignal,
  logger: Logger,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      for (const bucket of buckets) await store.ensureBucket(bucket);
      return;
    } catch (error) {
      logger.warn(
        { buckets, error: messageOf(error) },
        'object storage is out of reach: it is tried again, and what is written to these buckets waits',
      );
      await wait(pause, stopping);
    }
  }
}
