import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock, PermanentError, TransientError } from '#kernel';
import type { LongTermStorage } from '#long-term-storage';
import type { ObjectStore } from '#storage';
import type { ArchiverConfig } from '../archiver.config.js';
import type { Datablocks } from '../persistence/datablocks.js';
import type { CopyRecords } from '../persistence/copy-records.js';
import type { WorkContext } from '../domain/work.js';
import { retrieveHandler } from '../testing/retrieve-handler.js';
import type { RecallLock } from './recall-lock.js';

const content = Buffer.from('a tar, as far as anybody here knows');

/** Shares that only answer to `read`, each in its own way. */
type Read = () => Promise<Readable>;
const good: Read = () => Promise.resolve(Readable.from([content]));
const away: Read = () => Promise.reject(new TransientError('long-term-storage.unavailable', 'not mounted'));
const damaged: Read = () =>
  Promise.reject(new PermanentError('long-term-storage.medium-damaged', 'the cartridge is torn'));
/** A drive that fails in the midst of reading. */
const breaking: Read = () =>
  Promise.resolve(
    Readable.from(
      (function* () {
        yield content.subarray(0, 10);
        throw new TransientError('long-term-storage.unavailable', 'the drive stopped');
      })(),
    ),
  );
const other: Read = () => Promise.resolve(Readable.from([Buffer.from('something else')]));

describe('Recalling a datablock', () => {
  async function recalled(
    reads: readonly Read[],
    put: (body: AsyncIterable<Buffer>) => Promise<void>,
  ): Promise<string[]> {
    const readAt: string[] = [];
    const shares = reads.map(
      (read, index) => ({ name: `share ${index}`, read }) as unknown as LongTermStorage,
    );
    const datablock = {
      _id: 'pid/job/0.tar',
      pid: 'pid',
      packedSize: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      copies: shares.map(({ name }) => ({ share: name, verifiedAt: new Date(0) })),
    };
    const datablocks = { verified: () => Promise.resolve(datablock) };
    const lock = {
      present: () => Promise.resolve(undefined),
      recall: (...[, , held, work]: Parameters<RecallLock['recall']>) => work(held),
      keepUntil: () => Promise.resolve(),
    };
    const objects = {
      put: (_bucket: string, _key: string, body: AsyncIterable<Buffer>) => put(body),
      presignedGet: () => Promise.resolve('https://s3.example.org/x'),
    };
    const config = { retrievedLifetime: 1000, retrievalBucket: 'retrieval' } as ArchiverConfig;
    const bucket = objects as unknown as ObjectStore;
    const held = lock as unknown as RecallLock;
    const handler = retrieveHandler({
      datablocks: datablocks as unknown as Datablocks,
      ...{ objects: bucket, lock: held, shares, config, clock: new ManualClock() },
      records: { isYoung: () => false, damaged: () => Promise.resolve() } as unknown as CopyRecords,
    });
    const context: WorkContext = {
      epoch: 1,
      signal: new AbortController().signal,
      progress: () => undefined,
      readsAt: (target) => readAt.push(target),
    };
    const ids = { workOrderId: 'w', jobId: 'j', pid: 'pid', archiveId: datablock._id };
    await handler.handle(ids, context);
    return readAt;
  }
  const stored: Buffer[] = [];
  const keep = async (body: AsyncIterable<Buffer>): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    stored.push(Buffer.concat(chunks));
  };

  it('takes the next copy when one is damaged, or is something else', async () => {
    assert.deepEqual(
      await recalled([damaged, good], keep),
      ['share 0', 'share 1'],
      'and says where it reads',
    );
    await recalled([other, good], keep);
    assert.deepEqual(
      stored.splice(0).map((bytes) => bytes.toString()),
      [content.toString(), content.toString()],
    );
  });

  it('waits for a copy that is only away, wherever it stands among damaged ones', async () => {
    for (const reads of [
      [away, damaged],
      [damaged, away],
      [away, other],
    ])
      await assert.rejects(recalled(reads, keep), { code: 'long-term-storage.unavailable', retriable: true });
    await recalled([away, good], keep);
    assert.equal(stored.splice(0).length, 1);
  });

  it('goes on with another copy when a drive fails in the midst of one, and waits where there is no other', async () => {
    await recalled([breaking, good], keep);
    assert.deepEqual(
      stored.splice(0).map((bytes) => bytes.toString()),
      [content.toString()],
    );
    await assert.rejects(recalled([breaking], keep), {
      code: 'long-term-storage.unavailable',
      retriable: true,
    });
    assert.deepEqual(stored, [], 'half of it is nothing');
  });

  it('gives up when every copy is damaged', () =>
    assert.rejects(recalled([damaged, other], keep), {
      code: 'archiver.copy-damaged',
      message: /torn.*share 1/s,
    }));

  it('begins the upload with the first bytes: a tape may take longer than a store waits', async () => {
    let mounted: () => void = () => undefined;
    const slow: Read = () =>
      Promise.resolve(
        Readable.from(
          (async function* () {
            await new Promise<void>((resolve) => (mounted = resolve));
            yield content;
          })(),
        ),
      );
    let uploading = false;
    const recall = recalled([slow], (body) => {
      uploading = true;
      return keep(body);
    });
    for (let index = 0; index < 20; index += 1) await turn();
    assert.equal(uploading, false);
    mounted();
    await recall;
    assert.equal(uploading, true);
  });
});
