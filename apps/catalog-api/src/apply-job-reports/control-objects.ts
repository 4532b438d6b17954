import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { ObjectReference } from '#contracts';
import { TransientError } from '#kernel';
import { ObjectStore } from '#storage';

/** Reads the lists that messages refer to, and believes them only when their checksum agrees. */
@Injectable()
export class ControlObjects {
  constructor(private readonly store: ObjectStore) {}

  async read(reference: ObjectReference): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const hash = createHash('sha256');
    for await (const chunk of (await this.store.get(
      reference.bucket,
      reference.key,
    )) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      chunks.push(chunk);
    }
    const found = hash.digest('hex');
    if (found !== reference.sha256) {
      throw new TransientError(
        'catalog.control-object-damaged',
        `Expected ${reference.bucket}/${reference.key} with SHA-256 ${reference.sha256}, found ${found}.`,
      );
    }
    return Buffer.concat(chunks);
  }

  /** One JSON value a line. */
  async readLines<Line>(reference: ObjectReference): Promise<Line[]> {
    const text = (await this.read(reference)).toString('utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  }
}
