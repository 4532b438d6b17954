import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { ObjectReference } from '#contracts';
import { ObjectStore } from '#storage';
import type { JobAssemblerConfig } from '../job-assembler.config.js';
import { ConfigToken } from '../job-assembler.tokens.js';

/** Objects removed in one request. */
const mostRemoved = 1000;

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

  /** Removes the plans and results of a job. */
  async removeOf(jobId: string): Promise<void> {
    const bucket = this.config.controlBucket;
    await this.store.remove(bucket, [`results/${jobId}.ndjson`]);
    for (const prefix of [`plans/${jobId}/`, `results/${jobId}/`]) {
      const keys: string[] = [];
      for await (const { key } of this.store.list(bucket, prefix)) {
        keys.push(key);
        if (keys.length === mostRemoved) await this.store.remove(bucket, keys.splice(0));
      }
      await this.store.remove(bucket, keys);
    }
  }
}
