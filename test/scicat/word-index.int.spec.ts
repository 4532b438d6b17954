import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ObjectId } from 'bson';
import { newId } from '#kernel';
import { createLogger, type Logger } from '#observability';
import { MongoConnection } from '#persistence';
import { supersededTextIndex } from '#scicat-database';
import { Catalogue } from '../../apps/catalog-api/src/persistence/catalogue.js';
import { interruptOnce } from '../support/interrupt.js';
import { createDataset, createProposal, createSample } from './support/records.js';
import { ScicatApp } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
type Stored = { _id: string; [field: string]: unknown };

const odd: readonly unknown[] = ['ja', 'de-CH', 7, { value: 3, unit: 'mm' }, ['en'], null];
const collections = ['Dataset', 'PublishedData', 'Job', 'Proposal', 'Sample'];

describe('A field named language', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({}, async ({ connection }) => {
      // As an earlier version, and SciCat, made it.
      for (const name of collections) {
        await connection.collection<Stored>(name).insertOne({
          ...{
            _id: 'first',
            pid: 'first',
            id: 'first',
            title: 'meadow',
            isPublished: true,
            ownerGroup: 'group1',
          },
        });
        await connection.collection(name).createIndex({ '$**': 'text' }, { name: 'catena_text' });
      }
    });
  });
  after(() => app.stop());

  it('is stored in datasets and samples, whatever it holds and however deep', async () => {
    for (const language of odd) {
      const scientificMetadata = { language, inner: { language } };
      await createDataset(app.as('user1'), { ownerGroup: 'group1', scientificMetadata });
      await createSample(app.as('user1'), { sampleCharacteristics: { language, inner: { language } } });
    }
  });

  it('switches word search off for nobody', async () => {
    const datasetName = 'needle';
    const scientificMetadata = { language: 'ja' };
    await createDataset(app.as('user1'), { ownerGroup: 'group1', datasetName, scientificMetadata });
    const fields = encodeURIComponent(JSON.stringify({ text: 'needle' }));
    const { status, body } = await app.as('user1').get(`/api/v3/datasets/fullquery?fields=${fields}`);
    assert.equal(status, 200);
    assert.equal((body as unknown as Fields[]).length, 1);
  });

  it('finds no word index left that minds it', async () => {
    for (const name of collections) {
      const indexes = await app.collection(name).indexes();
      assert.equal(supersededTextIndex(indexes), undefined, name);
      assert.ok(!indexes.some((index) => index.name === 'catena_text'), name);
      assert.ok(
        indexes.some((index) => index.name === 'catena_word_list'),
        `${name}: ${JSON.stringify(indexes)}`,
      );
    }
  });

  it('gives words to the records that were there, once', async () => {
    for (const name of collections) {
      assert.equal(
        (await app.collection(name).findOne({ _id: 'first' }))?.['catenaWords'],
        'first\nmeadow\ngroup1',
      );
    }
    const fields = encodeURIComponent(JSON.stringify({ text: 'meadow' }));
    const { body } = await app.as('user1').get(`/api/v3/datasets/fullquery?fields=${fields}`);
    assert.equal((body as unknown as Fields[]).length, 1);
  });
});

describe('The words of a record', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({ JOB_CONFIGURATION_FILE: 'examples/job-configuration.yaml' });
  });
  after(() => app.stop());

  const found = async (text: string): Promise<string[]> => {
    const fields = encodeURIComponent(JSON.stringify({ text }));
    const { status, body } = await app.as('user1').get(`/api/v3/datasets/fullquery?fields=${fields}`);
    assert.equal(status, 200);
    return (body as unknown as Fields[]).map(({ pid }) => String(pid));
  };

  it('T13: are the parts of paths and DOIs, with and without accents, in every resource, as on MongoDB', async () => {
    const user = app.as('user1');
    const pid = await createDataset(user, {
      sourceFolder: '/data/visitors/p123/raw',
      description: 'see 10.1234/zenodo-99 by Müller, with Angstrom and scan_0042',
      principalInvestigator: 'Łukasz Novák',
    });
    for (const text of [
      ...[
        'p123',
        'visitors',
        '/data/visitors/p123/raw',
        '/p123/',
        '10.1234/zenodo-99',
        'zenodo',
        'zenodo-99',
        '1234',
      ],
      ...[
        'müller',
        'muller',
        'MÜLLER',
        'mu\u0308ller',
        'Ångström',
        'novak',
        'Novák',
        'scan_0042',
        '0042',
        'SCAN-0042',
      ],
      ...['"zenodo 99"', '"by Muller"', 'nothere novák', 'p123 -absent'],
    ])
      assert.deepEqual(await found(text), [pid], text);
    for (const text of [
      'p999',
      'scan_0043',
      '/visitors/p124',
      '"99 zenodo"',
      'p123 -müller',
      '-absent',
      '/./',
      'mull',
    ])
      assert.deepEqual(await found(text), [], text);
    await createSample(user, { sampleId: 'words', description: 'glass/p321 of Möbius' });
    await createProposal(app.as('admin'), 'words', { ownerGroup: 'group1', title: 'glass/p321 of Möbius' });
    for (const resource of ['samples', 'proposals'])
      for (const text of ['p321', 'mobius', 'glass/p321']) {
        const { body } = await user.get<Fields[]>(`/api/v3/${resource}/fullquery`, {
          fields: { text },
          limits: {},
        });
        assert.equal(body.length, 1, `${resource} ${text}`);
      }
  });

  it('may be more than an index takes: the record is stored whole, and found by the first of them', async () => {
    const words = Array.from({ length: 180_000 }, (_, index) => `w${index.toString(36)}x`);
    const description = words.join(' ');
    const pid = await createDataset(app.as('user1'), { description });
    const { body } = await app.as('user1').get(`/api/v3/datasets/${encodeURIComponent(pid)}`);
    assert.equal(body['description'], description);
    assert.deepEqual(await found(words[7]!), [pid]);
  });

  it('follow every change, also of a part', async () => {
    const pid = await createDataset(app.as('user1'), { datasetName: 'sycamore', description: 'oak' });
    assert.deepEqual(await found('sycamore'), [pid]);
    const path = `/api/v3/datasets/${encodeURIComponent(pid)}`;
    const changed = await app.as('user1').patch(path, { datasetName: 'hornbeam' });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual(
      [await found('sycamore'), await found('hornbeam'), await found('oak')],
      [[], [pid], [pid]],
    );
  });

  it('are shown by no answer', async () => {
    const user = app.as('user1');
    const pid = await createDataset(user, { datasetName: 'hidden words' });
    const id = encodeURIComponent(pid);
    const sample = await createSample(user, { sampleId: 'hidden' });
    const proposal = await createProposal(app.as('proposalIngestor'), 'hidden');
    const job = await user.post('/api/v4/jobs', {
      type: 'reset',
      ownerGroup: 'group1',
      jobParams: { datasetList: [{ pid, files: [] }] },
    });
    assert.equal(job.status, 201, job.text);
    assert.ok(!JSON.stringify([sample, proposal, job.body]).includes('catenaWords'), 'answers to POST');
    const jobId = String(job.body['id']);
    const all = ['datasets', 'samples', 'proposals', 'jobs', 'publisheddata'];
    const paths = [
      ...all.flatMap((name) => [`/api/v3/${name}`, `/api/v3/${name}/fullquery?fields={}&limits={}`]),
      ...['datasets', 'jobs'].map((name) => `/api/v4/${name}`),
      ...[
        `/api/v3/datasets/${id}`,
        `/api/v4/datasets/${id}`,
        '/api/v3/samples/hidden',
        '/api/v3/proposals/hidden',
      ],
      ...[`/api/v3/Jobs/${jobId}`, `/api/v4/jobs/${jobId}`],
      `/api/v3/datasets?filter=${encodeURIComponent(JSON.stringify({ fields: ['pid', 'catenaWords'] }))}`,
      `/api/v4/jobs?filter=${encodeURIComponent(JSON.stringify({ include: ['datasets'] }))}`,
      `/api/v3/datasets?filter=${encodeURIComponent(JSON.stringify({ include: [{ relation: 'all' }] }))}`,
    ];
    for (const path of paths) {
      const { status, text } = await user.get(path);
      assert.ok(status === 200 || status === 404, `${path}: ${status} ${text}`);
      assert.ok(!text.includes('catenaWords'), `${path} shows words`);
    }
    const patched = await user.patch(`/api/v3/datasets/${id}`, { description: 'again' });
    assert.ok(patched.status === 200 && !patched.text.includes('catenaWords'));
  });
});

describe('Two processes that start on an old database', () => {
  const uri = new URL(process.env['MONGODB_URI'] ?? '');
  uri.pathname = `/words-${newId().slice(0, 8)}`;
  const faults: object[] = [];
  const logger = {
    warn: () => undefined,
    error: (facts: object) => faults.push(facts),
  } as unknown as Logger;
  const silent = createLogger('word-index.int.spec', 'silent');
  const mongo = new MongoConnection({ uri: uri.toString(), appName: 'test' }, silent);
  after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
  });

  it('T13: give words once more to records that have those of an earlier form, and to none that changed meanwhile', async () => {
    await mongo.whenReady();
    const datasets = mongo.connection.collection<Stored>('Dataset');
    const catalogue = new Catalogue(mongo, logger);
    const marks = mongo.connection.collection<Stored>('catena_upgrades');
    await marks.insertOne({ _id: 'catenaWords of Dataset' });
    await datasets.insertMany([
      { _id: 'old', pid: 'old', sourceFolder: '/data/p123', catenaWords: '/data/p123' },
      { _id: 'changed', pid: 'changed', title: 'before', catenaWords: 'Before' },
      { _id: 'new', pid: 'new', title: 'same', catenaWords: 'new\nsame' },
    ]);
    const gap = interruptOnce(mongo, 'Dataset', 'bulkWrite', async () => {
      await datasets.updateOne({ _id: 'changed' }, { $set: { title: 'after', catenaWords: 'after' } });
    });
    catalogue.onApplicationBootstrap();
    await catalogue.whenIndexed();
    assert.ok(gap.happened());
    const words = (await datasets.find().sort({ _id: 1 }).toArray()).map(({ catenaWords }) => catenaWords);
    assert.deepEqual(words, ['after', 'new\nsame', 'old\ndata p123']);
    assert.equal(await marks.countDocuments({ _id: 'catenaWords of Dataset' }), 0);
    // Once: what it finds afterwards stays.
    await datasets.updateOne({ _id: 'old' }, { $set: { catenaWords: 'as it is' } });
    const again = new Catalogue(mongo, logger);
    again.onApplicationBootstrap();
    await again.whenIndexed();
    assert.equal((await datasets.findOne({ _id: 'old' }))?.['catenaWords'], 'as it is');
    await mongo.connection.dropDatabase();
  });

  it('make the words and the index once, and neither drops what the other made', async () => {
    await mongo.whenReady();
    // Old installations have ids of both kinds in one collection; ObjectIds come behind all texts.
    const records = Array.from({ length: 500 }, (_, index) => ({
      ...{ _id: (index % 2 === 0 ? `d${index}` : new ObjectId()) as string },
      ...{ pid: `d${index}`, email: `d${index}`, title: 'oak' },
    }));
    for (const name of collections) {
      await mongo.connection.collection<Stored>(name).insertMany(records);
      await mongo.connection.collection(name).createIndex({ '$**': 'text' }, { name: '$**_text' });
    }
    const processes = [new Catalogue(mongo, logger), new Catalogue(mongo, logger)];
    for (const one of processes) one.onApplicationBootstrap();
    await Promise.all(processes.map((one) => one.whenIndexed()));
    for (const name of collections) {
      const indexes = await mongo.connection.collection(name).indexes();
      const words = indexes.filter(({ key }) => '_fts' in key).map((index) => String(index.name));
      assert.deepEqual(words, ['catena_word_list'], name);
      const without = { catenaWords: { $exists: false } };
      assert.equal(await mongo.connection.collection(name).countDocuments(without), 0, name);
      assert.equal(
        await mongo.connection.collection(name).countDocuments({ $text: { $search: 'oak' } }),
        500,
        name,
      );
    }
    assert.deepEqual(faults, []);
  });
});
