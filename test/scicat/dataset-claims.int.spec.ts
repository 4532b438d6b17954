import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import { JobRefusal } from '../../apps/catalog-api/src/domain/errors.js';
import { DatasetClaims } from '../../apps/catalog-api/src/claims/dataset-claims.js';
import { acceptedJobs, Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { heldDatasets, holdingEnvironment, orphanAge } from './support/held-datasets.js';
import { ScicatApp } from './support/scicat-app.js';

/** A job holds its datasets before it is stored. What a crash leaves between the two must neither block nor confuse. */
describe('Holding datasets for a job', () => {
  let app: ScicatApp;
  let claims: DatasetClaims;
  let catalogue: Catalogue;

  before(async () => {
    app = await ScicatApp.start(holdingEnvironment);
    claims = app.get(DatasetClaims);
    catalogue = app.get(Catalogue);
  });
  after(() => app.stop());

  const { archive, dataset, lifecycle, read, storing, sweepMuchLater } = heldDatasets(() => app);

  /** What a process leaves that died between holding the dataset and accepting the job. */
  async function heldByNobody(pid: string, milliseconds: number): Promise<void> {
    const jobId = `lost-${pid}`;
    await storing(jobId, milliseconds);
    await claims.take(jobId, 'archive', [await read(pid)]);
    await catalogue.claims.updateMany({ jobId }, { $set: { at: new Date(Date.now() - milliseconds) } });
  }
  const accepted = (pid: string): Promise<number> =>
    catalogue.jobs.countDocuments({ 'jobParams.datasetList.pid': pid, ...acceptedJobs });
  /** A free dataset: no claim, no job, and its flags say so. */
  async function assertFree(pid: string): Promise<void> {
    assert.deepEqual(await lifecycle(pid), [true, false, 'datasetCreated']);
    assert.equal(await catalogue.claims.countDocuments({ pid }), 0);
    assert.equal(await catalogue.jobs.countDocuments({ 'jobParams.datasetList.pid': pid }), 0);
  }
  const refusal =
    (status: number) =>
    (error: unknown): boolean =>
      error instanceof JobRefusal && error.status === status;

  it('asks to post again, and says when, while nobody can tell a crash from a slow moment', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, 20_000);
    const { status, body, headers } = await archive(pid);
    assert.equal(status, 503, JSON.stringify(body));
    assert.match(String(body['message']), /Nothing was stored[.] Post again in 2\d s/);
    assert.match(headers.get('retry-after') ?? '', /^2\d$/);
    assert.equal(await catalogue.jobs.countDocuments({ 'jobParams.datasetList.pid': pid }), 0);
  });

  it('takes over what a crash left, and knows the flags from before it', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, orphanAge + 1000);
    const { status, body } = await archive(pid);
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(await lifecycle(pid), [false, false, 'scheduledForArchiving']);
    await claims.undo(String(body['id']));
    assert.deepEqual(await lifecycle(pid), [true, false, 'datasetCreated']);
  });

  it('takes over a hold whose flags were never written', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, orphanAge + 1000);
    await catalogue.datasets.updateOne(
      { pid },
      {
        $set: {
          'datasetlifecycle.archivable': true,
          'datasetlifecycle.archiveStatusMessage': 'datasetCreated',
        },
      },
    );
    assert.equal((await archive(pid)).status, 201);
  });

  it('heals one crash once, though several look at the same moment', async () => {
    const { pid } = await dataset();
    await heldByNobody(pid, orphanAge + 1000);
    await Promise.all(Array.from({ length: 8 }, () => claims.releaseOrphans()));
    assert.deepEqual(await lifecycle(pid), [true, false, 'datasetCreated']);
    assert.equal(await catalogue.claims.countDocuments({ pid }), 0);
  });

  it('refuses what another job archived after the flags were read, and leaves its words alone', async () => {
    const [stale, other] = [await dataset(), await dataset()];
    const { pid } = stale;
    await catalogue.datasets.updateOne(
      { pid },
      {
        $set: {
          'datasetlifecycle.archivable': false,
          'datasetlifecycle.retrievable': true,
          'datasetlifecycle.archiveStatusMessage': 'datasetOnArchiveDisk',
        },
      },
    );
    await storing('late');
    await assert.rejects(claims.take('late', 'archive', [other, stale]), refusal(409));
    assert.deepEqual(await lifecycle(pid), [false, true, 'datasetOnArchiveDisk']);
    assert.deepEqual(await lifecycle(other.pid), [true, false, 'datasetCreated']);
    assert.equal(await catalogue.claims.countDocuments({ jobId: 'late' }), 0);
  });

  it('looks once more at what was written between its look and its mark, by whoever raises no version', async () => {
    for (const [change, answer] of [
      [{ 'datasetlifecycle.archivable': false, 'datasetlifecycle.retrievable': true }, 409],
      [{ description: 'another' }, 201],
      [{ __v: 70 }, 201],
    ] as const) {
      const { pid } = await dataset();
      const gap = interruptOnce(
        app.get(MongoConnection),
        'Dataset',
        'updateMany',
        async () => {
          await catalogue.datasets.updateOne({ pid }, { $set: change });
        },
        ([filter]) => Promise.resolve('__v' in (filter as object)),
      );
      assert.equal((await archive(pid)).status, answer, JSON.stringify(change));
      assert.ok(gap.happened());
      assert.deepEqual(
        (await lifecycle(pid))[2],
        answer === 201 ? 'scheduledForArchiving' : 'datasetCreated',
      );
      assert.equal(await catalogue.claims.countDocuments({ pid }), answer === 201 ? 1 : 0);
    }
  });

  it('names the job that holds a dataset', async () => {
    const { pid } = await dataset();
    const { body: first } = await archive(pid);
    const { status, body } = await archive(pid);
    assert.equal(status, 409, JSON.stringify(body));
    assert.equal(body['jobId'], first['id']);
  });

  it('keeps a dataset from being deleted under its job', async () => {
    const { pid } = await dataset();
    const { body: job } = await archive(pid);
    const remove = () => app.as('archiveManager').delete(`/api/v3/Datasets/${encodeURIComponent(pid)}`);
    const refused = await remove();
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.text, new RegExp(String(job['id'])));
    await claims.undo(String(job['id']));
    assert.equal((await remove()).status, 200);
  });

  const sleeps: Readonly<Record<string, readonly [collection: string, method: string]>> = {
    'before it has claimed anything': ['catena_dataset_claims', 'insertMany'],
    'between claiming and looking for announced lists': ['OrigDatablock', 'findOne'],
    'before it looks whether it is still stored': ['Job', 'findOne'],
    'between this look and marking its datasets': ['Dataset', 'updateMany'],
    'between marking its datasets and being accepted': ['Job', 'updateOne'],
  };
  /** Tells the steps of storing a job from what else uses the same collections: its first look, and the relay. */
  const creating =
    (pid: string) =>
    async ([first, options]: readonly unknown[]): Promise<boolean> => {
      if (Array.isArray(first)) return true;
      // The last look of the dataset's own creation, whose answer did not wait for it.
      const { projection = {} } = (options ?? {}) as { readonly projection?: object };
      if (Object.keys(projection).join() === 'updatedAt') return false;
      if ('catena.storing' in (first as object) || 'catenaIntent.datasetId' in (first as object)) return true;
      const ofDatasets = 'pid' in (first as object) || '_id' in (first as object);
      return ofDatasets && (await catalogue.claims.countDocuments({ pid })) > 0;
    };
  for (const [when, [collection, method]] of Object.entries(sleeps)) {
    it(`refuses a job that slept ${when} until a sweep gave it up, and leaves its dataset free`, async () => {
      const { pid } = await dataset();
      const gap = interruptOnce(app.get(MongoConnection), collection, method, sweepMuchLater, creating(pid));
      const { status, body } = await archive(pid);
      assert.equal(status, 503, JSON.stringify(body));
      assert.ok(gap.happened());
      await assertFree(pid);
      assert.equal((await archive(pid)).status, 201);
    });

    it(`refuses a job that slept ${when} until another job had its dataset, which keeps it`, async () => {
      const { pid } = await dataset();
      let other: unknown;
      const gap = interruptOnce(
        app.get(MongoConnection),
        collection,
        method,
        async () => {
          await sweepMuchLater();
          other = (await archive(pid)).body['id'];
        },
        creating(pid),
      );
      const { status, body } = await archive(pid);
      assert.ok([409, 503].includes(status), `${status} ${JSON.stringify(body)}`);
      assert.ok(gap.happened());
      assert.ok(other !== undefined);
      assert.deepEqual(await lifecycle(pid), [false, false, 'scheduledForArchiving']);
      const held = await catalogue.claims.find({ pid }).toArray();
      assert.deepEqual(
        held.map(({ jobId }) => jobId),
        [other],
      );
    });
  }

  it('gives nothing of a job up that is accepted while a sweep looks', async () => {
    for (const [collection, method] of [
      ['Job', 'deleteMany'],
      ['catena_dataset_claims', 'aggregate'],
    ] as const) {
      const { pid } = await dataset();
      let answer: Awaited<ReturnType<typeof archive>> | undefined;
      const gap = interruptOnce(app.get(MongoConnection), collection, method, async () => {
        answer = await archive(pid);
        await catalogue.claims.updateMany({ pid }, { $set: { at: new Date(0) } });
      });
      await claims.releaseOrphans();
      assert.ok(gap.happened());
      assert.equal(answer?.status, 201);
      assert.equal(await accepted(pid), 1);
      assert.equal(await catalogue.claims.countDocuments({ pid, jobId: String(answer.body['id']) }), 1);
    }
  });

  it('leaves the next job alone when a sweep slept between looking at an orphan and putting its flags back', async () => {
    for (const [collection, method] of [
      ['Dataset', 'findOne'],
      ['Dataset', 'updateOne'],
      ['catena_dataset_claims', 'deleteOne'],
    ] as const) {
      const { pid } = await dataset();
      await heldByNobody(pid, orphanAge + 1000);
      let next: unknown;
      const gap = interruptOnce(app.get(MongoConnection), collection, method, async () => {
        await sweepMuchLater();
        next = (await archive(pid)).body['id'];
      });
      await claims.releaseOrphans();
      assert.ok(gap.happened());
      assert.ok(next !== undefined, `${collection}.${method}`);
      assert.deepEqual(
        await lifecycle(pid),
        [false, false, 'scheduledForArchiving'],
        `${collection}.${method}`,
      );
      assert.equal(await catalogue.claims.countDocuments({ pid, jobId: String(next) }), 1);
    }
  });

  it('shows nobody a job that is being stored, and lets nobody change it', async () => {
    const id = 'being-stored';
    await storing(id);
    const admin = app.as('admin');
    assert.equal((await admin.get(`/api/v4/jobs/${id}`)).status, 400);
    assert.equal((await admin.send('POST', `/api/v4/jobs/${id}/cancel`, {})).status, 400);
    const { text } = await admin.get('/api/v4/jobs');
    assert.ok(!text.includes(id));
    await catalogue.jobs.deleteOne({ _id: id });
  });

  it('asks to post again under the key of a job whose storing was interrupted, and stores it once that is known', async () => {
    const { pid } = await dataset();
    const post = () =>
      app
        .as('admin')
        .send(
          'POST',
          '/api/v3/Jobs',
          { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] },
          { 'idempotency-key': pid },
        );
    let during: number | undefined;
    const gap = interruptOnce(
      app.get(MongoConnection),
      'Job',
      'updateOne',
      async () => {
        during = (await post()).status;
        await sweepMuchLater();
      },
      creating(pid),
    );
    assert.equal((await post()).status, 503);
    assert.ok(gap.happened());
    assert.equal(during, 503);
    const first = await post();
    assert.equal(first.status, 201, first.text);
    assert.equal((await post()).body['id'], first.body['id']);
    assert.equal(await accepted(pid), 1);
  });

  it('T11: posted twice at once under one key, it is never refused for what its own job has done', async () => {
    for (const [collection, method] of [
      ['Dataset', 'find'],
      ['Job', 'insertOne'],
    ] as const) {
      const { pid } = await dataset();
      const body = { type: 'archive', jobParams: {}, datasetList: [{ pid, files: [] }] };
      const post = () => app.as('admin').send('POST', '/api/v3/Jobs', body, { 'idempotency-key': pid });
      let other: string | undefined;
      const gap = interruptOnce(app.get(MongoConnection), collection, method, async () => {
        const answer = await post();
        assert.equal(answer.status, 201, answer.text);
        other = String(answer.body['id']);
      });
      const { status, body: job, text } = await post();
      assert.ok(gap.happened(), `${collection}.${method}`);
      assert.equal(status, 201, text);
      assert.equal(job['id'], other);
      assert.equal(await accepted(pid), 1);
    }
  });

  /** The next look at a collection does not see the document, the one after that does. */
  function missedOnce(
    collection: string,
    method: 'find' | 'aggregate',
    _id: string,
  ): { happened: () => boolean } {
    return interruptOnce(app.get(MongoConnection), collection, method, async () => {
      const document = await app.collection(collection).findOne({ _id });
      assert.ok(document);
      await app.collection(collection).deleteOne({ _id });
      interruptOnce(app.get(MongoConnection), collection, method, async () => {
        await app.collection(collection).insertOne(document);
      });
    });
  }

  it('looks again before it says that a dataset does not exist', async () => {
    const all = await Promise.all(Array.from({ length: 3 }, () => dataset()));
    const gap = missedOnce('Dataset', 'find', all[1]!.pid);
    const { status, text } = await app.as('admin').send('POST', '/api/v3/Jobs', {
      type: 'archive',
      jobParams: {},
      datasetList: all.map(({ pid }) => ({ pid, files: [] })),
    });
    assert.ok(gap.happened());
    assert.equal(status, 201, text);
  });

  it('looks again before it says that a file does not exist', async () => {
    const { pid } = await dataset();
    const file = { path: 'a', size: 1, time: '2020-01-01T00:00:00.000Z' };
    const block = await app
      .as('admin')
      .post('/api/v4/origdatablocks', { datasetId: pid, size: 1, dataFileList: [file] });
    await catalogue.datasets.updateOne({ pid }, { $set: { 'datasetlifecycle.retrievable': true } });
    const post = (path: string) =>
      app.as('admin').send('POST', '/api/v3/Jobs', {
        type: 'retrieve',
        jobParams: {},
        datasetList: [{ pid, files: [path] }],
      });
    const gap = missedOnce('OrigDatablock', 'aggregate', String(block.body['_id']));
    const { status, text } = await post('a');
    assert.ok(gap.happened());
    assert.equal(status, 201, text);
    assert.equal((await post('b')).status, 400);
  });

  it('gives a dataset to one of many jobs that are posted at once', async () => {
    const { pid } = await dataset();
    const answers = await Promise.all(Array.from({ length: 6 }, () => archive(pid)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    for (const { status, body } of answers)
      assert.ok([201, 409, 503].includes(status), `${status} ${JSON.stringify(body)}`);
    assert.deepEqual(await lifecycle(pid), [false, false, 'scheduledForArchiving']);
  });
});
