import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ObjectReference } from '#contracts';
import { ObjectStore } from '#storage';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';

/** Writes the lists that messages refer to. The same list under the same name is the same object. */
@Injectable()
export class ControlObjects {
  constructor(
    private readonly store: ObjectStore,
    @Inject(ConfigToken) private readonly config: JobAssemblerConfig,
  ) {}

  /** @param lines each becomes one line of JSON */
  async writeLines(key: string, lines: readonly object[]): Promise<ObjectReference> {
    const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const bucket = this.config.controlBucket;
    await this.store.put(bucket, key, body, { size: body.length, contentType: 'application/x-ndjson' });
    return { bucket, key, size: body.length, sha256: createHash('sha256').update(body).digest('hex') };
  }

  ensureBucket(): Promise<void> {
    return this.store.ensureBucket(this.config.controlBucket);
  }
}
