import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { CatenaError, PermanentError, TransientError, backOff, wait } from '#kernel';
import { checkRange, rangeInvalid } from '../checks.js';
import type { ObjectRange, OpenObject } from '../object-store.js';
import type { S3Client } from './s3-client.js';
import { storageError } from './s3-errors.js';

const chunksAhead = 4;

/** Reads an object, taking up the thread where a connection broke. */
export class Download {
  private readonly subject;
  private at: number;
  private end = Infinity;
  private etag: string | undefined;

  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly key: string,
    private readonly range: ObjectRange,
  ) {
    checkRange(range);
    this.subject = { action: 'read', bucket, key };
    this.at = range.offset ?? 0;
  }

  /** Resolves when the first answer is there, so that a missing object is an error of the call, not of the stream. */
  async start(): Promise<OpenObject> {
    if (this.range.length === 0) return this.nothing();
    let first: IncomingMessage;
    try {
      first = await this.open();
    } catch (error) {
      const beyond = error instanceof CatenaError && error.code === 'storage.range-invalid';
      if (beyond && this.at === 0) return this.nothing();
      throw beyond ? rangeInvalid(`"${this.key}"`, this.at, error) : error;
    }
    this.etag = first.headers.etag;
    const length = Number(first.headers['content-length']);
    if (Number.isSafeInteger(length)) this.end = this.at + length;
    // Counted in chunks (of 64 KiB at most) and not in bytes: those that wait would be copied into one when they are read.
    const body = Readable.from(this.chunks(first), { highWaterMark: chunksAhead });
    return { body, etag: withoutQuotes(this.etag) };
  }

  /** No range header can ask for no bytes. */
  private async nothing(): Promise<OpenObject> {
    const { etag } = await this.client.call(this.subject, () =>
      this.client.statObject(this.bucket, this.key),
    );
    return { body: Readable.from([]), etag: withoutQuotes(etag) };
  }

  private async *chunks(first: IncomingMessage): AsyncGenerator<Buffer, void, undefined> {
    let failures = 0;
    for (let response = first; ; response = await this.reopen()) {
      let failure: unknown;
      try {
        for await (const chunk of response) {
          this.at += (chunk as Buffer).length;
          failures = 0;
          yield chunk as Buffer;
        }
      } catch (error) {
        failure = error;
      }
      if (this.at >= this.end || (failure === undefined && this.end === Infinity)) return;
      failures += 1;
      if (failures >= this.client.patience) throw this.brokenOff(failure);
      await wait(backOff(failures, 100, 5_000));
    }
  }

  private async reopen(): Promise<IncomingMessage> {
    const response = await this.open();
    if (response.headers.etag === this.etag) return response;
    response.destroy();
    throw new PermanentError(
      'storage.object-changed',
      `Expected "${this.key}" in "${this.bucket}" to stay the same while being read, found another object at byte ${this.at}.`,
      { details: { ...this.subject, position: this.at } },
    );
  }

  private open(): Promise<IncomingMessage> {
    return this.client.call(this.subject, async () => {
      const range = this.rangeHeader();
      const response = await this.client.makeRequestAsync(
        {
          method: 'GET',
          bucketName: this.bucket,
          objectName: this.key,
          headers: range === undefined ? {} : { range },
        },
        '',
        [200, 206],
      );
      if (range !== undefined && response.statusCode !== 206) {
        response.destroy();
        throw new TransientError(
          'storage.unavailable',
          'Expected a part of the object, found an answer with all of it.',
        );
      }
      return response;
    });
  }

  private rangeHeader(): string | undefined {
    const { offset = 0, length } = this.range;
    const last = this.end < Infinity ? this.end - 1 : length === undefined ? '' : offset + length - 1;
    return this.at === 0 && last === '' ? undefined : `bytes=${this.at}-${last}`;
  }

  private brokenOff(failure: unknown): CatenaError {
    return failure === undefined
      ? new TransientError(
          'storage.unavailable',
          `Expected ${this.end} bytes of "${this.key}" in "${this.bucket}", found the end after ${this.at}. Trying again may help.`,
          { details: { ...this.subject, expected: this.end, found: this.at } },
        )
      : storageError(this.subject, failure);
  }
}

function withoutQuotes(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}
