import { createHash } from 'node:crypto';
import { CatenaError, PermanentError, TransientError, type Clock } from '#kernel';
import type { ObjectStore } from './object-store.js';

/** Where an object lies that Catena wrote, and how to know that it arrived whole. */
export interface Reference {
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** Objects whose absence is remembered: more than can be waited for at once. */
const mostMissed = 10_000;

/**
 * Reads objects that references of Catena name. Such an object was written before its reference was: a store that does not
 * find it has not got it everywhere yet, so it is waited for, for `patience` milliseconds, before it counts as lost.
 */
export class ReferencedObjects {
  /** Since when each was missed. */
  private readonly missed = new Map<string, number>();

  constructor(
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    private readonly patience: number,
  ) {}

  /**
   * The whole object, believed only when its checksum agrees.
   *
   * @throws TransientError `storage.not-yet-there`, `storage.reference-damaged`
   * @throws PermanentError `storage.reference-lost`
   */
  async read({ bucket, key, size, sha256 }: Reference): Promise<Buffer> {
    const body = await this.bodyOf(bucket, key);
    if (body === undefined)
      throw new PermanentError(
        'storage.reference-lost',
        `Expected "${key}" in the bucket "${bucket}" (${size} bytes), which Catena wrote, found nothing for longer than REFERENCE_PATIENCE (${this.patience} ms). Find out who empties the bucket, then retry the job.`,
        { details: { bucket, key } },
      );
    const found = createHash('sha256').update(body).digest('hex');
    if (found === sha256) return body;
    throw new TransientError(
      'storage.reference-damaged',
      `Expected "${key}" in the bucket "${bucket}" with SHA-256 ${sha256} and ${size} bytes, read ${found} and ${body.length} bytes.`,
      { details: { bucket, key } },
    );
  }

  /**
   * An object that Catena wrote and keeps no checksum of; undefined when it is lost.
   *
   * @throws TransientError `storage.not-yet-there`
   */
  async bodyOf(bucket: string, key: string): Promise<Buffer | undefined> {
    const place = `${bucket}/${key}`;
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of (await this.store.get(bucket, key)) as AsyncIterable<Uint8Array>)
        chunks.push(chunk);
      this.missed.delete(place);
      return Buffer.concat(chunks);
    } catch (error) {
      if (!(error instanceof CatenaError && error.code === 'storage.not-found')) throw error;
      this.waitFor(bucket, key, error);
      return undefined;
    }
  }

  /**
   * Says that something was not found that had arrived when its reference was made.
   *
   * @throws TransientError `storage.not-yet-there` until it was missed for as long as is waited for
   */
  waitFor(bucket: string, key: string, cause: CatenaError): void {
    if (this.isOver(`${bucket}/${key}`)) return;
    throw new TransientError(
      'storage.not-yet-there',
      `Expected "${key}" in the bucket "${bucket}", found nothing yet: it is looked for again, for REFERENCE_PATIENCE.`,
      { away: true, details: { bucket, key }, cause },
    );
  }

  /** It stays remembered, so that whoever asks once more gets the same answer. */
  private isOver(place: string): boolean {
    const now = this.clock.now().getTime();
    const since = this.missed.get(place) ?? now;
    const [oldest] = this.missed.keys();
    if (this.missed.size >= mostMissed && oldest !== undefined) this.missed.delete(oldest);
    this.missed.set(place, since);
    return !(now - since < this.patience);
  }
}
