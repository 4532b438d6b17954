import { createHash } from 'node:crypto';
import type { ObjectReference } from '#contracts';
import { CatenaError, messageOf, PermanentError, TransientError, type Clock } from '#kernel';
import type { ObjectStore } from '#storage';

/** Objects whose absence is remembered: more than can be waited for at once. */
const maxMissed = 10_000;

/** Objects removed in one request. */
const maxRemoved = 1000;

export interface ClaimCheckOptions {
  /** Where the lists that messages refer to lie. */
  readonly bucket: string;
  /** Milliseconds for which an object that a reference names is waited for. */
  readonly patience: number;
}

/**
 * What is too large for a message lies in the control bucket, and the message carries a reference to it (claim check; see
 * docs/decisions/0006). The object is written before its reference is sent: a store that does not find it has not got it
 * everywhere yet, so a reader waits for it, for `patience` milliseconds, before it counts as lost.
 */
export class ClaimChecks {
  /** Since when each was missed. */
  private readonly missed = new Map<string, number>();

  constructor(
    private readonly store: ObjectStore,
    private readonly clock: Clock,
    private readonly options: ClaimCheckOptions,
  ) {}

  /**
   * Writes a body under a name of its own; the same body under the same name is the same object.
   *
   * @returns the reference that a message may carry
   */
  async keep(key: string, body: Buffer, contentType: string): Promise<ObjectReference> {
    const { bucket } = this.options;
    await this.store.put(bucket, key, body, { size: body.length, contentType });
    return this.referenceTo(key, body);
  }

  /** @param lines each becomes one line of JSON */
  keepLines(key: string, lines: readonly object[]): Promise<ObjectReference> {
    const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return this.keep(key, body, 'application/x-ndjson');
  }

  /**
   * The whole object, believed only when its checksum agrees. Of one that is larger than it should be no more is read.
   *
   * @throws TransientError `storage.not-yet-there`, `storage.reference-damaged`
   * @throws PermanentError `storage.reference-lost`
   */
  async read({ bucket, key, size, sha256 }: ObjectReference): Promise<Buffer> {
    const body = await this.bodyOf(bucket, key, size);
    if (body === undefined)
      throw new PermanentError(
        'storage.reference-lost',
        `Expected "${key}" in the bucket "${bucket}" (${size} bytes), which Catena wrote, found nothing for longer than REFERENCE_PATIENCE (${this.options.patience} ms). Find out who empties the bucket, then retry the job.`,
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
   * As `read`, of a list with one line of JSON for each value.
   *
   * @throws PermanentError `storage.reference-unreadable`: as its sender wrote it, it is no such list
   */
  async readLines<Line>(reference: ObjectReference): Promise<Line[]> {
    const body = await this.read(reference);
    try {
      return linesOf<Line>(body);
    } catch (error) {
      const { bucket, key } = reference;
      throw new PermanentError(
        'storage.reference-unreadable',
        `Expected one line of JSON for each value in "${key}" in the bucket "${bucket}", found something else: ${messageOf(error).slice(0, 200)}. Its checksum agrees, so this is what its sender wrote: report it.`,
        { details: { bucket, key }, cause: error },
      );
    }
  }

  /**
   * A list of which the caller has no reference, with one; undefined when it is lost. Nothing tells whether it is whole.
   *
   * @throws TransientError `storage.not-yet-there`
   */
  async findLines<Line>(
    key: string,
  ): Promise<{ readonly lines: Line[]; readonly reference: ObjectReference } | undefined> {
    const body = await this.bodyOf(this.options.bucket, key);
    return body === undefined
      ? undefined
      : { lines: linesOf<Line>(body), reference: this.referenceTo(key, body) };
  }

  remove(keys: string[]): Promise<void> {
    return this.store.remove(this.options.bucket, keys);
  }

  /** Removes everything whose name begins so, a thousand objects a request. */
  async removeBelow(prefix: string): Promise<void> {
    for await (const keys of this.keysBelow(prefix)) await this.remove(keys);
  }

  /** Everything whose name begins so, a thousand a portion; a portion may be removed when it has come. */
  async *keysBelow(prefix: string): AsyncGenerator<string[]> {
    let keys: string[] = [];
    for await (const { key } of this.store.list(this.options.bucket, prefix)) {
      keys.push(key);
      if (keys.length < maxRemoved) continue;
      yield keys;
      keys = [];
    }
    if (keys.length > 0) yield keys;
  }

  private referenceTo(key: string, body: Buffer): ObjectReference {
    const sha256 = createHash('sha256').update(body).digest('hex');
    return { bucket: this.options.bucket, key, size: body.length, sha256 };
  }

  private async bodyOf(bucket: string, key: string, size = Infinity): Promise<Buffer | undefined> {
    const place = `${bucket}/${key}`;
    try {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of (await this.store.get(bucket, key)) as AsyncIterable<Uint8Array>) {
        chunks.push(chunk);
        if ((bytes += chunk.length) > size) break;
      }
      this.missed.delete(place);
      return Buffer.concat(chunks);
    } catch (error) {
      if (!(error instanceof CatenaError && error.code === 'storage.not-found')) throw error;
      this.waitFor(bucket, key, error);
      return undefined;
    }
  }

  /**
   * Says that something was not found that had arrived when its reference was made; an original in the landing zone as well.
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

  /** It stays remembered, so that a second request gets the same answer. */
  private isOver(place: string): boolean {
    const now = this.clock.now().getTime();
    const since = this.missed.get(place) ?? now;
    const [oldest] = this.missed.keys();
    if (this.missed.size >= maxMissed && oldest !== undefined) this.missed.delete(oldest);
    this.missed.set(place, since);
    return !(now - since < this.options.patience);
  }
}

/** The values of a body with one line of JSON for each. */
function linesOf<Line>(body: Buffer): Line[] {
  return body
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
