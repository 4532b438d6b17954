import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { CatenaError, PermanentError, TransientError } from '#kernel';
import { checkRange, rangeInvalid } from '../checks.js';
import type { ObjectRange, OpenObject } from '../object-store.js';
import type { S3Client } from './s3-client.js';
import { ObjectBody } from './object-body.js';
import { storageError } from './s3-errors.js';

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
    const body = new ObjectBody(first, this.at, this.end, {
      patience: this.client.patience,
      reopen: (at) => this.reopen(at),
      brokenOff: (at, failure) => this.brokenOff(at, failure),
    });
    return { body, etag: withoutQuotes(this.etag) };
  }

  /** No range header can ask for no bytes. */
  private async nothing(): Promise<OpenObject> {
    const { etag } = await this.client.call(this.subject, () =>
      this.client.statObject(this.bucket, this.key),
    );
    return { body: Readable.from([]), etag: withoutQuotes(etag) };
  }

  private async reopen(at: number): Promise<IncomingMessage> {
    this.at = at;
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

  private brokenOff(at: number, failure: unknown): CatenaError {
    return failure === undefined
      ? new TransientError(
          'storage.unavailable',
          `Expected ${this.end} bytes of "${this.key}" in "${this.bucket}", found the end after ${at}. Trying again may help.`,
          { details: { ...this.subject, expected: this.end, found: at } },
        )
      : storageError(this.subject, failure);
  }
}

function withoutQuotes(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}
