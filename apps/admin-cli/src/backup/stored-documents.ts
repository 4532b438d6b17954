import { createReadStream } from 'node:fs';
import type { Document } from 'bson';
import { Failure } from '#command-line';
import { documentOf } from './ordered-document.js';

/** Of one document: what MongoDB allows, and a little. */
const maxDocumentSize = 17 * 2 ** 20;

/** The documents of a file, whose first four bytes tell how long each is. */
export async function* documentsIn(file: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) {
    held = Buffer.concat([held, chunk as Buffer]);
    let start = 0;
    while (held.length - start >= 4) {
      signal.throwIfAborted();
      const size = held.readInt32LE(start);
      if (size < 5 || size > maxDocumentSize) throw brokenFile(file);
      if (held.length - start < size) break;
      yield held.subarray(start, start + size);
      start += size;
    }
    held = held.subarray(start);
  }
  if (held.length > 0) throw brokenFile(file);
}

function brokenFile(file: string): Failure {
  return new Failure(
    'failed',
    `Expected whole documents in ${file}, found something else. Use another backup.`,
  );
}

/**
 * Tells what of the stored documents is not present. Both come in the order of their ids, so what is present has to come
 * along, byte by byte, as one goes through what is stored.
 *
 * @returns whether nothing else is present
 */
export async function missingOf(
  stored: AsyncIterable<Buffer>,
  present: AsyncGenerator<Buffer>,
  missing: (document: Buffer) => Promise<void> | void,
): Promise<boolean> {
  try {
    let next = await present.next();
    for await (const document of stored)
      if (next.done !== true && document.equals(next.value)) next = await present.next();
      else await missing(document);
    return next.done === true;
  } finally {
    await present.return(undefined);
  }
}

const maxBatch = { documents: 500, bytes: 8 * 2 ** 20 } as const;

/** Gathers documents, and lets them go many at a time: not more than memory and a message of the database have room for. */
export class Batch {
  private documents: Document[] = [];
  private bytes = 0;

  constructor(private readonly write: (documents: Document[]) => Promise<unknown>) {}

  async add(document: Buffer): Promise<void> {
    if (this.bytes + document.length > maxBatch.bytes) await this.flush();
    this.documents.push(documentOf(document));
    this.bytes += document.length;
    if (this.documents.length === maxBatch.documents) await this.flush();
  }

  async flush(): Promise<void> {
    const { documents } = this;
    this.documents = [];
    this.bytes = 0;
    if (documents.length > 0) await this.write(documents);
  }
}
