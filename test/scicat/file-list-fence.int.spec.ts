import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MongoConnection } from '#persistence';
import { FileListFence } from '../../apps/catalog-api/src/claims/file-list-fence.js';
import { DatasetClaims } from '../../apps/catalog-api/src/claims/dataset-claims.js';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp } from './support/scicat-app.js';
import type { Answer } from './support/scicat-user.js';

type Fields = Record<string, unknown>;
type Send = (pid: string, id: string) => Promise<Answer<Fields>>;

const files = (...paths: string[]): Fields => ({
  size: 10 * paths.length,
  dataFileList: paths.map((path) => ({ path, size: 10, time: '2020-01-01T00:00:00.000Z' })),
});
let number = 0;
const datablock = (): Fields => ({
  ...files('t'),
  archiveId: `tape-${(number += 1)}-${Math.random()}`,
  packedSize: 20,
  version: '1',
});

/** A list that changes while its files are packed makes a dataset that is called archived, and is not. */
describe('File lists of a dataset that a job holds', () => {
  let app: ScicatApp;
  let catalogue: Catalogue;

  before(async () => {
    app = await ScicatApp.start({ JOB_CONFIGURATION_FILE: 'examples/job-configuration.yaml' });
    catalogue = app.get(Catalogue);
  });
  after(() => app.stop());

  /** A dataset with one block of each kind, by the ids of which the routes are called. */
  async function dataset(): Promise<{ pid: string; orig: string; tape: string }> {
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({}));
    const pid = String(body['pid']);
    const orig = await app.as('admin').post(`${pathOf(pid)}/origdatablocks`, files('a', 'b'));
    const tape = await app.as('admin').post(`${pathOf(pid)}/datablocks`, datablock());
    assert.deepEqual([orig.status, tape.status], [201, 201]);
    return { pid, orig: String(orig.body['_id']), tape: String(tape.body['_id']) };
  }
  const job = (pid: string, type = 'archive') =>
    app.as('admin').send('POST', '/api/v3/Jobs', { type, jobParams: {}, datasetList: [{ pid, files: [] }] });
  const admin = () => app.as('admin');
  const remove = () => app.as('archiveManager');

  const ofOriginals: Readonly<Record<string, Send>> = {
    'POST v3 below the dataset': (pid) => admin().post(`${pathOf(pid)}/origdatablocks`, files('c')),
    'POST v3': (pid) => admin().post('/api/v3/origdatablocks', { ...files('c'), datasetId: pid }),
    'POST v4': (pid) => admin().post('/api/v4/origdatablocks', { ...files('c'), datasetId: pid }),
    'PATCH v3 below the dataset': (pid, id) =>
      admin().patch(`${pathOf(pid)}/origdatablocks/${id}`, files('c')),
    'PATCH v3': (_, id) => admin().patch(`/api/v3/origdatablocks/${id}`, files('c')),
    'PATCH v4': (_, id) => admin().patch(`/api/v4/origdatablocks/${id}`, files('c')),
    'DELETE v3 below the dataset': (pid, id) => remove().delete(`${pathOf(pid)}/origdatablocks/${id}`),
    'DELETE v3 of all': (pid) => remove().delete(`${pathOf(pid)}/origdatablocks`),
    'DELETE v3': (_, id) => remove().delete(`/api/v3/origdatablocks/${id}`),
    'DELETE v4': (_, id) => remove().delete(`/api/v4/origdatablocks/${id}`),
  };
  const ofDatablocks: Readonly<Record<string, Send>> = {
    'POST v3 below the dataset': (pid) => admin().post(`${pathOf(pid)}/datablocks`, datablock()),
    'POST v3': (pid) => admin().post('/api/v3/datablocks', { ...datablock(), datasetId: pid }),
    'PATCH v3 below the dataset': (pid, id) => admin().patch(`${pathOf(pid)}/datablocks/${id}`, { size: 7 }),
    'PATCH v3': (_, id) => admin().patch(`/api/v3/datablocks/${id}`, { size: 7 }),
    'DELETE v3 below the dataset': (pid, id) => remove().delete(`${pathOf(pid)}/datablocks/${id}`),
    'DELETE v3 of all': (pid) => remove().delete(`${pathOf(pid)}/datablocks`),
    'DELETE v3': (_, id) => remove().delete(`/api/v3/datablocks/${id}`),
  };
  const kinds = [
    { name: 'origdatablocks', collection: 'OrigDatablock', routes: ofOriginals },
    { name: 'datablocks', collection: 'Datablock', routes: ofDatablocks },
  ] as const;

  async function listsOf(pid: string): Promise<unknown> {
    const read = (collection: string) =>
      app.collection(collection).find({ datasetId: pid }).sort({ _id: 1 }).toArray();
    const totals = await app
      .collection('Dataset')
      .findOne(
        { _id: pid },
        { projection: { size: 1, numberOfFiles: 1, packedSize: 1, numberOfFilesArchived: 1 } },
      );
    return [await read('OrigDatablock'), await read('Datablock'), totals];
  }
  const announced = async (): Promise<number> =>
    (await app.collection('OrigDatablock').countDocuments({ catenaIntent: { $exists: true } })) +
    (await app.collection('Datablock').countDocuments({ catenaIntent: { $exists: true } }));

  for (const { name, collection, routes } of kinds)
    for (const [route, send] of Object.entries(routes)) {
      it(`${name}, ${route}: is refused while a job holds the dataset, and done when it is over`, async () => {
        const { pid, orig, tape } = await dataset();
        const id = collection === 'OrigDatablock' ? orig : tape;
        const { body } = await job(pid);
        const before = await listsOf(pid);
        const refused = await send(pid, id);
        assert.equal(refused.status, 409, refused.text);
        assert.match(
          refused.text,
          new RegExp(`by job ${String(body['id'])}: its file lists must not change`),
        );
        assert.deepEqual(await listsOf(pid), before);
        await app.get(DatasetClaims).undo(String(body['id']));
        const done = await send(pid, id);
        assert.ok(done.status < 300, done.text);
        assert.equal(await announced(), 0);
      });

      it(`${name}, ${route}: changes nothing when a job takes the dataset after it had looked`, async () => {
        const { pid, orig, tape } = await dataset();
        const id = collection === 'OrigDatablock' ? orig : tape;
        const before = await listsOf(pid);
        let created: Answer<Fields> | undefined;
        // The look is at the claims; the write itself comes after it.
        const [victim, method] = route.startsWith('POST')
          ? [collection, 'updateOne']
          : route.startsWith('PATCH')
            ? [collection, 'findOneAndUpdate']
            : route.endsWith('of all')
              ? [collection, 'deleteMany']
              : [collection, 'findOneAndDelete'];
        const gap = interruptOnce(app.get(MongoConnection), victim, method, async () => {
          created = await job(pid);
        });
        const answer = await send(pid, id);
        assert.ok(gap.happened());
        assert.equal(created?.status, 201, created?.text);
        assert.equal(answer.status, 409, answer.text);
        assert.deepEqual(await listsOf(pid), before);
        assert.equal(await announced(), 0);
      });
    }

  it('are done after all when the job that came between is over as well', async () => {
    const { pid, orig } = await dataset();
    for (const [method, send] of [
      ['updateOne', () => admin().post('/api/v4/origdatablocks', { ...files('c'), datasetId: pid })],
      ['findOneAndUpdate', () => admin().patch(`/api/v4/origdatablocks/${orig}`, files('d'))],
      ['findOneAndDelete', () => remove().delete(`/api/v4/origdatablocks/${orig}`)],
    ] as const) {
      const gap = interruptOnce(app.get(MongoConnection), 'OrigDatablock', method, async () => {
        const { body } = await job(pid);
        await app.get(DatasetClaims).undo(String(body['id']));
      });
      const { status, text } = await send();
      assert.ok(gap.happened());
      assert.ok(status < 300, text);
    }
    const { body } = await admin().get(pathOf(pid));
    assert.deepEqual([body['size'], body['numberOfFiles']], [10, 1]);
  });

  it('of originals stay as they are once Catena has archived the dataset, until it may be archived anew', async () => {
    const { pid, orig } = await dataset();
    await app.collection('Datablock').updateMany({ datasetId: pid }, { $set: { createdBy: 'catena' } });
    const lifecycle = (archivable: boolean, retrievable: boolean) =>
      remove().patch(`${pathOf(pid)}/datasetlifecycle`, { archivable, retrievable });
    assert.ok((await lifecycle(false, true)).status < 300);
    for (const [route, send] of Object.entries(ofOriginals)) {
      const { status, text } = await send(pid, orig);
      assert.equal(status, 409, `${route}: ${text}`);
      assert.match(text, /is archived: its files must not change/);
    }
    assert.ok((await lifecycle(true, false)).status < 300);
    assert.equal(
      (await admin().post('/api/v4/origdatablocks', { ...files('c'), datasetId: pid })).status,
      201,
    );
  });

  it('and its landing zone stay as they are when the job that archives it ends between two looks', async () => {
    const links = (pid: string) =>
      admin().post(`${pathOf(pid, 'v4')}/landing-zone/links`, { files: [{ path: 'a', size: 1 }] });
    const list = (pid: string) => admin().post('/api/v4/origdatablocks', { ...files('c'), datasetId: pid });
    for (const send of [links, list]) {
      const { pid } = await dataset();
      assert.equal((await job(pid)).status, 201);
      const gap = interruptOnce(app.get(MongoConnection), 'catena_dataset_claims', 'findOne', async () => {
        await app.collection('Datablock').updateMany({ datasetId: pid }, { $set: { createdBy: 'catena' } });
        await app
          .collection('Dataset')
          .updateOne({ _id: pid }, { $set: { 'datasetlifecycle.retrievable': true } });
        await catalogue.claims.deleteMany({ pid });
      });
      const { status, text } = await send(pid);
      assert.ok(gap.happened());
      assert.equal(status, 409, text);
      assert.match(text, /is archived: its files must not change/);
    }
  });

  it('of a dataset that another archive system archived are its own affair', async () => {
    const { pid, orig, tape } = await dataset();
    await app
      .collection('Dataset')
      .updateOne(
        { _id: pid },
        { $set: { 'datasetlifecycle.archivable': false, 'datasetlifecycle.retrievable': true } },
      );
    assert.equal(
      (await admin().post('/api/v4/origdatablocks', { ...files('c'), datasetId: pid })).status,
      201,
    );
    assert.equal((await admin().patch(`/api/v3/origdatablocks/${orig}`, files('d'))).status, 200);
    assert.equal((await admin().post(`${pathOf(pid)}/datablocks`, datablock())).status, 201);
    assert.equal((await remove().delete(`/api/v3/datablocks/${tape}`)).status, 200);
  });

  it('of originals may change while the dataset is read, datablocks may not', async () => {
    const { pid, orig, tape } = await dataset();
    await app
      .collection('Dataset')
      .updateOne({ _id: pid }, { $set: { 'datasetlifecycle.retrievable': true } });
    const { status, text } = await job(pid, 'retrieve');
    assert.equal(status, 201, text);
    assert.equal((await admin().patch(`/api/v3/origdatablocks/${orig}`, files('d'))).status, 200);
    assert.equal((await admin().patch(`/api/v3/datablocks/${tape}`, { size: 7 })).status, 409);
  });

  it('show nobody a block that a crash left announced, and forget it', async () => {
    const { pid } = await dataset();
    const at = new Date(0);
    await app
      .collection('OrigDatablock')
      .insertOne({ _id: 'announced', catenaIntent: { datasetId: pid, token: 't', at } });
    assert.equal((await admin().get('/api/v4/origdatablocks/announced')).status, 404);
    for (const path of ['/api/v3/origdatablocks/fullquery', '/api/v4/origdatablocks'])
      assert.ok(!(await admin().get(path)).text.includes('announced'));
    assert.equal((await admin().patch('/api/v4/origdatablocks/announced', files('d'))).status, 404);
    assert.equal((await remove().delete('/api/v4/origdatablocks/announced')).status, 404);
    await app.get(FileListFence).sweep();
    assert.equal(await announced(), 0);
    assert.equal(await app.collection('OrigDatablock').countDocuments({ _id: 'announced' }), 0);
  });

  it('are registered all the same when a sweep took a slow writer for a dead one', async () => {
    const { pid } = await dataset();
    const gap = interruptOnce(app.get(MongoConnection), 'OrigDatablock', 'updateOne', async () => {
      await app
        .collection('OrigDatablock')
        .updateMany({ 'catenaIntent.datasetId': pid }, { $set: { 'catenaIntent.at': new Date(0) } });
      await app.get(FileListFence).sweep();
    });
    const { status } = await admin().post('/api/v4/origdatablocks', { ...files('c'), datasetId: pid });
    assert.ok(gap.happened());
    assert.equal(status, 201);
    assert.equal((await admin().get(pathOf(pid))).body['numberOfFiles'], 3);
  });
});

describe('Deleting a dataset', () => {
  let app: ScicatApp;
  before(async () => {
    app = await ScicatApp.start({ JOB_CONFIGURATION_FILE: 'examples/job-configuration.yaml' });
  });
  after(() => app.stop());

  it('is refused when a job takes it after the look for one', async () => {
    const { body } = await app.as('admin').post('/api/v3/datasets', rawDataset({}));
    const pid = String(body['pid']);
    let created: Answer<Fields> | undefined;
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'findOneAndDelete', async () => {
      created = await app.as('admin').send('POST', '/api/v3/Jobs', {
        type: 'archive',
        jobParams: {},
        datasetList: [{ pid, files: [] }],
      });
    });
    const { status, text } = await app.as('archiveManager').delete(pathOf(pid));
    assert.ok(gap.happened());
    assert.equal(created?.status, 201, created?.text);
    assert.equal(status, 409, text);
    assert.equal((await app.as('admin').get(pathOf(pid))).status, 200);
  });
});
