import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { ManualClock } from '#kernel';
import { createLogger } from '#observability';
import type { DatasetClaims } from '../claims/dataset-claims.js';
import type { Catalogue } from '../persistence/catalogue.js';
import { JobRecords } from '../persistence/job-records.js';
import { memoryCatalogue } from '../testing/memory-catalogue.js';
import { at, jobOf, message, silentRelay, start, untold } from '../testing/samples.js';
import { JobPostings } from './job-postings.js';

const idempotency = { user: 'me', key: 'k', digest: 'd' };

describe('A posted job', () => {
  let catalogue: Catalogue;
  let records: JobRecords;
  let postings: JobPostings;
  let abandoned: string[];
  let meanwhile: () => Promise<void>;

  beforeEach(() => {
    catalogue = memoryCatalogue();
    records = new JobRecords(catalogue, silentRelay);
    abandoned = [];
    meanwhile = () => Promise.resolve();
    const claims = {
      take: () => meanwhile(),
      abandon: (jobId: string) => Promise.resolve(abandoned.push(jobId)),
      releaseOrphans: () => records.giveUpOlder(at(1)),
    } as unknown as DatasetClaims;
    postings = new JobPostings(
      ...([
        records,
        claims,
        untold,
        silentRelay,
        new ManualClock(at(5)),
        createLogger('test', 'silent'),
      ] as const),
    );
  });

  const posted = jobOf('j', { outbox: { rows: [message()] }, idempotency });
  const store = () => postings.store(posted, 'archive', []);

  it('is accepted once its datasets are claimed, and carries its messages from then on', async () => {
    meanwhile = async () => {
      const { catena } = (await records.find('j'))!;
      assert.deepEqual([catena?.storing, catena?.outbox], [true, { rows: [] }]);
    };
    const stored = await store();
    assert.deepEqual(stored.catena?.outbox, { rows: posted.catena!.outbox.rows, dueAt: at(60_000) });
    const { updatedAt, catena } = (await records.findAccepted('j'))!;
    assert.deepEqual([updatedAt, catena?.outbox], [at(5), stored.catena?.outbox]);
  });

  it('that Catena does not run is stored in one write', async () => {
    meanwhile = () => assert.fail('it has no datasets to claim');
    const stored = await postings.store(posted, 'none', []);
    assert.equal((await records.findAccepted('j'))?.catena?.outbox.rows.length, 1);
    assert.deepEqual(stored.updatedAt, start);
  });

  it('is gone, with its claims, when its datasets cannot be had', async () => {
    meanwhile = () => Promise.reject(new Error('another job has them'));
    await assert.rejects(store(), /another job has them/);
    assert.deepEqual([await records.exists('j'), abandoned], [false, ['j']]);
  });

  it('that a sweep gave up meanwhile is refused, and may be posted again', async () => {
    meanwhile = () => records.giveUpOlder(at(1));
    await assert.rejects(store(), { status: 503 });
    assert.deepEqual(abandoned, ['j']);
    meanwhile = () => Promise.resolve();
    assert.equal((await store()).id, 'j');
  });

  it('under a key is found again, refused with another body, and asked for later while it is being stored', async () => {
    assert.equal(await postings.earlier(idempotency), undefined);
    meanwhile = async () => {
      const other = { ...posted, _id: 'other', id: 'other' };
      await assert.rejects(postings.store(other, 'archive', []), { status: 503 });
      await catalogue.jobs.updateOne({ _id: 'j' }, { $set: { createdAt: at(2) } });
      await assert.rejects(postings.earlier(idempotency), { status: 503 });
      await assert.rejects(postings.earlier({ ...idempotency, digest: 'other' }), { status: 503 });
    };
    await store();
    assert.equal((await postings.earlier(idempotency))?.id, 'j');
    await assert.rejects(postings.earlier({ ...idempotency, digest: 'other' }), { status: 422 });
  });

  it('under a key whose storing a crash ended is forgotten, once that is known', async () => {
    await records.post({ ...posted, catena: { ...posted.catena!, storing: true } });
    assert.equal(await postings.earlier(idempotency), undefined);
    assert.equal(await records.exists('j'), false);
  });
});
