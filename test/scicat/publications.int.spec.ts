import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Envelope, RegistrationConfirmedV1, WithdrawalConfirmedV1 } from '#contracts';
import { MongoConnection } from '#persistence';
import type { FileLine } from '#publication-feed';
import { EmbargoSweep } from '../../apps/catalog-api/src/publications/embargo-sweep.js';
import { PublicationReportsConsumer } from '../../apps/catalog-api/src/publications/publication-reports.consumer.js';
import { PublicationDatasets } from '../../apps/catalog-api/src/published-data/publication-datasets.js';
import { interruptOnce } from '../support/interrupt.js';
import { pathOf, rawDataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

const metadata = {
  creators: [{ name: 'Lovelace, Ada' }],
  publisher: { name: 'The facility' },
  publicationYear: 2026,
  resourceType: 'raw',
};

/** What Catena adds to publications: registering that waits for the publisher, withdrawal, embargoes, the feed. */
describe('Publications', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({
      DOI_PREFIX: '10.5072',
      DOI_REGISTRATION: 'confirmed',
      REGISTRATION_PATIENCE: '300ms',
    });
  });
  after(() => app.stop());

  const dataset = async (more: Fields = {}): Promise<string> => {
    const { status, body } = await app.as('admin').post('/api/v3/datasets', rawDataset(more));
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['pid']);
  };
  const create = async (more: Fields = {}, account: AccountName = 'user1'): Promise<string> => {
    const datasetPids = (more['datasetPids'] as string[] | undefined) ?? [await dataset()];
    const body = { title: 'T', abstract: 'A', metadata, ...more, datasetPids };
    const answer = await app.as(account).post('/api/v4/publisheddata', body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['doi']);
  };
  const path = (doi: string): string => `/api/v4/publisheddata/${encodeURIComponent(doi)}`;
  const stored = async (doi: string): Promise<Fields> =>
    (await app.collection('PublishedData').findOne({ _id: doi })) ?? assert.fail(doi);
  const part = async (doi: string): Promise<Fields> => (await stored(doi))['catena'] as Fields;

  it('answer 202 while nobody has confirmed them, and are changed by nobody meanwhile', async () => {
    const pid = await dataset();
    const doi = await create({ datasetPids: [pid] });
    const { status, body } = await app.as('user1').post(`${path(doi)}/register`);
    assert.deepEqual([status, body['status']], [202, 'private']);
    assert.equal('catena' in body, false);
    assert.equal((await app.as('user1').get(pathOf(pid))).body['isPublished'], false);
    assert.equal((await app.as('user1').patch(path(doi), { title: 'x' })).status, 409);
    assert.equal((await app.as('admin').post(`${path(doi)}/withdraw`, { reason: 'x' })).status, 409);
    const { version, outbox } = await part(doi);
    assert.equal((outbox as { rows: unknown[] }).rows.length, 1);
    // Asked again, it is the same wish.
    assert.equal((await app.as('user1').post(`${path(doi)}/register`)).status, 202);
    assert.equal((await part(doi))['version'], version);
    const { body: status4 } = await app.as('user1').get(`${path(doi)}/publication`);
    assert.equal((status4['registration'] as Fields)['state'], 'pending');
    const v3 = await app.as('user1').post(`/api/v3/publisheddata/${encodeURIComponent(doi)}/register`);
    assert.deepEqual([v3.status, v3.body['doi']], [202, doi]);
  });

  it('are refused with the fields that DataCite would refuse, before anybody is told', async () => {
    const dates = [{ date: 'yesterday', dateType: 'Issued' }];
    const doi = await create({ metadata: { ...metadata, dates } });
    const { status, text } = await app.as('user1').post(`${path(doi)}/register`);
    assert.equal(status, 400);
    assert.match(text, /dates\[0\]/);
    assert.equal((await stored(doi))['catena'], undefined);
  });

  it('are withdrawn by administrators, with a reason; datasets that others show stay public', async () => {
    const [shared, alone] = [await dataset(), await dataset()];
    const doi = await create({ datasetPids: [shared, alone] });
    const other = await create({ datasetPids: [shared] });
    for (const name of [doi, other])
      await app.collection('PublishedData').updateOne({ _id: name }, { $set: { status: 'registered' } });
    await app
      .collection('Dataset')
      .updateMany({ _id: { $in: [shared, alone] } }, { $set: { isPublished: true } });
    const body = { reason: 'Wrong.', replacedBy: '10.5072/better' };
    assert.equal((await app.as('user1').post(`${path(doi)}/withdraw`, body)).status, 403);
    assert.equal((await app.as('admin').post(`${path(doi)}/withdraw`, {})).status, 400);
    assert.equal(
      (await app.as('admin').post(`${path(doi)}/withdraw`, { reason: 'x', replacedBy: 'y' })).status,
      400,
    );
    assert.equal((await app.as('admin').post(`${path(doi)}/withdraw`, body)).status, 201);
    const published = async (pid: string): Promise<unknown> =>
      (await app.as('admin').get(pathOf(pid))).body['isPublished'];
    assert.deepEqual([await published(shared), await published(alone)], [true, false]);
    assert.equal((await app.anonymous.get(path(doi))).status, 404);
    assert.equal((await app.as('user1').get(path(doi))).body['status'], 'withdrawn');
    assert.equal((await app.as('user1').post(`${path(doi)}/register`)).status, 400);
    assert.equal((await app.as('admin').post(`${path(doi)}/amend`)).status, 201, 'the way back');
  });

  it('leave a dataset public that another one shows from the moment in which they are withdrawn on', async () => {
    const pid = await dataset();
    const [doi, other] = [await create({ datasetPids: [pid] }), await create({ datasetPids: [pid] })];
    await app.collection('PublishedData').updateOne({ _id: doi }, { $set: { status: 'registered' } });
    await app.collection('Dataset').updateOne({ _id: pid }, { $set: { isPublished: true } });
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'updateMany', async () => {
      assert.equal((await app.as('user1').post(`${path(other)}/publish`)).status, 201);
    });
    assert.equal((await app.as('admin').post(`${path(doi)}/withdraw`, { reason: 'x' })).status, 201);
    assert.ok(gap.happened());
    assert.equal((await app.as('admin').get(pathOf(pid))).body['isPublished'], true);
  });

  it('can be corrected by administrators while they are amended, and only then', async () => {
    const doi = await create();
    await app.collection('PublishedData').updateOne({ _id: doi }, { $set: { status: 'registered' } });
    assert.equal((await app.as('admin').patch(path(doi), { title: 'x' })).status, 400);
    assert.equal((await app.as('admin').post(`${path(doi)}/amend`)).status, 201);
    assert.equal((await app.as('user1').patch(path(doi), { title: 'x' })).status, 400);
    assert.equal((await app.as('admin').patch(path(doi), { title: 'Corrected' })).body['title'], 'Corrected');
  });

  it('under embargo open their datasets by the clock alone', async () => {
    const pid = await dataset();
    const doi = await create({
      datasetPids: [pid],
      metadata: { ...metadata, dates: [{ date: '2999-01-01', dateType: 'Available' }] },
    });
    assert.equal((await app.as('user1').post(`${path(doi)}/publish`)).status, 201);
    const published = async (): Promise<unknown> =>
      (await app.as('admin').get(pathOf(pid))).body['isPublished'];
    assert.equal(await published(), false);
    await app.get(EmbargoSweep).round();
    assert.equal(await published(), false, 'not before its time');
    await endEmbargo(doi);
    await app.get(EmbargoSweep).round();
    assert.equal(await published(), true);
    assert.deepEqual(
      [(await part(doi))['embargoUntil'], (await part(doi))['opening']],
      [undefined, undefined],
    );
  });

  /** As if its embargo had ended a second ago: in the metadata, and as it was counted. */
  async function endEmbargo(doi: string): Promise<void> {
    const end = new Date(Date.now() - 1000);
    const dates = [{ date: end.toISOString(), dateType: 'Available' }];
    await app
      .collection('PublishedData')
      .updateOne({ _id: doi }, { $set: { 'catena.embargoUntil': end, 'metadata.dates': dates } });
  }
  /** A publication under embargo until 2999, and its dataset. */
  async function embargoed(date = '2999-01-01'): Promise<{ doi: string; pid: string }> {
    const pid = await dataset();
    const doi = await create({
      datasetPids: [pid],
      metadata: { ...metadata, dates: [{ date, dateType: 'Available' }] },
    });
    assert.equal((await app.as('user1').post(`${path(doi)}/publish`)).status, 201);
    return { doi, pid };
  }
  const isPublished = async (pid: string): Promise<unknown> =>
    (await app.as('admin').get(pathOf(pid))).body['isPublished'];

  it('are closed until the very moment that their embargo names', async () => {
    const { doi } = await embargoed('2999-05-06T17:30:00+02:00');
    assert.equal(((await part(doi))['embargoUntil'] as Date).toISOString(), '2999-05-06T15:30:00.000Z');
  });

  it('stay closed where an earlier version has counted the embargo by whole days', async () => {
    const later = new Date(Date.now() + 3_600_000);
    const { doi, pid } = await embargoed(later.toISOString());
    const rounded = new Date(Date.now() - 3_600_000);
    await app
      .collection('PublishedData')
      .updateOne({ _id: doi }, { $set: { 'catena.embargoUntil': rounded } });
    await app.get(EmbargoSweep).round();
    assert.equal(await isPublished(pid), false);
    assert.equal(((await part(doi))['embargoUntil'] as Date).getTime(), later.getTime());
  });

  it('stay closed when their embargo is extended in the moment in which it would end', async () => {
    const { doi, pid } = await embargoed();
    await endEmbargo(doi);
    const gap = interruptOnce(app.get(MongoConnection), 'PublishedData', 'updateOne', async () => {
      await app
        .collection('PublishedData')
        .updateOne({ _id: doi }, { $set: { 'catena.embargoUntil': new Date('2999-02-02') } });
    });
    await app.get(EmbargoSweep).round();
    assert.ok(gap.happened());
    assert.equal(await isPublished(pid), false);
  });

  it('are opened by the next sweep when the first one died after it had decided', async () => {
    const { doi, pid } = await embargoed();
    await endEmbargo(doi);
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'updateMany', () =>
      Promise.reject(new Error('the process dies')),
    );
    await app.get(EmbargoSweep).round();
    assert.ok(gap.happened());
    assert.deepEqual([await isPublished(pid), (await part(doi))['embargoUntil']], [false, undefined]);
    await app.get(EmbargoSweep).round();
    assert.equal(await isPublished(pid), true);
    assert.equal((await part(doi))['opening'], undefined);
  });

  it('stay hidden when they are withdrawn while a sweep opens them', async () => {
    const { doi, pid } = await embargoed();
    await endEmbargo(doi);
    const gap = interruptOnce(app.get(MongoConnection), 'Dataset', 'updateMany', async () => {
      const { status } = await app.as('admin').post(`${path(doi)}/withdraw`, { reason: 'x' });
      assert.equal(status, 201);
    });
    await app.get(EmbargoSweep).round();
    assert.ok(gap.happened());
    assert.equal(await isPublished(pid), false);
  });

  it('that are being registered are removed by nobody, and amended ones neither', async () => {
    const doi = await create({}, 'archiveManager');
    await app.collection('PublishedData').updateOne({ _id: doi }, { $set: { createdBy: 'archiveManager' } });
    const datasets = (await stored(doi))['datasetPids'] as string[];
    await app
      .collection('Dataset')
      .updateMany({ _id: { $in: datasets } }, { $set: { ownerGroup: 'archivemanager' } });
    await app
      .collection('PublishedData')
      .updateOne({ _id: doi }, { $set: { 'catena.registration': { version: 1, state: 'pending' } } });
    assert.equal((await app.as('archiveManager').delete(path(doi))).status, 409);
    await app
      .collection('PublishedData')
      .updateOne({ _id: doi }, { $set: { status: 'amended' }, $unset: { catena: '' } });
    assert.equal((await app.as('archiveManager').delete(path(doi))).status, 400);
    await app.collection('PublishedData').updateOne({ _id: doi }, { $set: { status: 'private' } });
    const removed = await app.as('archiveManager').delete(path(doi));
    assert.equal(removed.status, 200, removed.text);
    assert.doesNotMatch(removed.text, /catena/);
  });

  it('are registered as they were checked, or not at all', async () => {
    const [own, foreign] = [await dataset(), await dataset({ ownerGroup: 'group3', accessGroups: [] })];
    const doi = await create({ datasetPids: [own] });
    const datasets = app.get(PublicationDatasets);
    const check = datasets.check.bind(datasets);
    datasets.check = async (...all) => {
      await check(...all);
      // Between the look at the rights and the wish.
      await app
        .collection('PublishedData')
        .updateOne({ _id: doi }, { $set: { datasetPids: [foreign], updatedAt: new Date() } });
    };
    try {
      assert.equal((await app.as('user1').post(`${path(doi)}/register`)).status, 409);
    } finally {
      datasets.check = check;
    }
    assert.equal((await stored(doi))['catena'], undefined);
  });

  it('keep their DOI to themselves, whatever its case', async () => {
    const body = {
      ...{ creator: ['A'], publisher: 'P', publicationYear: 2026, title: 'T', abstract: 'A' },
      ...{ dataDescription: 'd', resourceType: 'raw', pidArray: [await dataset()] },
    };
    const post = (doi: string) => app.as('user2').post('/api/v3/publisheddata', { ...body, doi });
    assert.equal((await post('10.5072/Mine.(1)')).status, 201);
    assert.equal((await post('10.5072/mINE.(1)')).status, 409);
    assert.equal((await post('10.5072/mINEx(1)')).status, 201);
  });

  it('that wait for their first registration are among the rows to compare', async () => {
    const doi = await create();
    await app.as('user1').post(`${path(doi)}/register`);
    const { text } = await app.as('archiveManager').get('/api/v4/publications');
    const row = (JSON.parse(text) as Fields[]).find((one) => one['doi'] === doi);
    assert.deepEqual([row?.['wanted'], row?.['version']], ['published', 1]);
  });

  it('hide their datasets with a withdrawal even when a crash came in between', async () => {
    const pid = await dataset();
    const [doi, former] = [await create({ datasetPids: [pid] }), await create({ datasetPids: [pid] })];
    await app
      .collection('PublishedData')
      .updateOne(
        { _id: doi },
        { $set: { status: 'withdrawn', catena: { version: 4, withdrawal: { reason: 'x', by: 'admin' } } } },
      );
    // Amended after its withdrawal: the public sees nothing of it.
    await app
      .collection('PublishedData')
      .updateOne({ _id: former }, { $set: { status: 'amended', catena: { withdrawal: { reason: 'x' } } } });
    await app.collection('Dataset').updateOne({ _id: pid }, { $set: { isPublished: true } });
    const report = { data: { doi, version: 4 } } as Envelope<WithdrawalConfirmedV1>;
    await app.get(PublicationReportsConsumer).withdrawn(report);
    assert.equal((await app.as('admin').get(pathOf(pid))).body['isPublished'], false);
    assert.equal((await part(doi))['doiState'], 'hidden');
  });

  it('lose the embargo of an earlier submission when they are registered without one', async () => {
    const doi = await create();
    await app.as('user1').post(`${path(doi)}/register`);
    await app
      .collection('PublishedData')
      .updateOne({ _id: doi }, { $set: { 'catena.embargoUntil': new Date('2999-01-01') } });
    const data = { doi, version: 1, doiState: 'findable', landingPage: 'http://x' } as const;
    await app.get(PublicationReportsConsumer).confirmed({ data } as Envelope<RegistrationConfirmedV1>);
    assert.equal((await stored(doi))['status'], 'registered');
    assert.equal((await part(doi))['embargoUntil'], undefined);
  });

  it('are shown whole to the publisher and to nobody else', async () => {
    const pid = await dataset({ keywords: ['engine'] });
    const files = [
      { path: '/abs/olute.h5', size: 5, time: '2026-01-01T00:00:00.000Z', chk: 'A'.repeat(64) },
      { path: '../escape', size: 5, time: '2026-01-01T00:00:00.000Z' },
      { path: 'a', size: 4096, time: '2026-01-01T00:00:00.000Z', perm: 'drwxr-xr-x' },
      { path: 'a/b.h5', size: 7, time: '2026-01-01T00:00:00.000Z' },
    ];
    // As a list of before such paths were refused.
    const block = { datasetId: pid, size: 12, chkAlg: 'sha256', dataFileList: files };
    await app.collection('OrigDatablock').insertOne({ _id: `block of ${pid}`, ...block });
    const doi = await create({ datasetPids: [pid] });
    const feed = `/api/v4/publications/${encodeURIComponent(doi)}`;
    for (const user of [app.anonymous, app.as('user1'), app.as('user2')])
      for (const of of [feed, `${feed}/files`, '/api/v4/publications'])
        assert.equal((await user.get(of)).status, 403, of);
    const { status, body } = await app.as('archiveManager').get(feed);
    assert.equal(status, 200);
    assert.equal(body['wanted'], 'nothing');
    assert.equal((body['datasets'] as Fields[])[0]?.['pid'], pid);
    assert.match(JSON.stringify(body['resource']), /Lovelace/);
    const { text } = await app.as('archiveManager').get(`${feed}/files`);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as FileLine);
    assert.deepEqual(
      lines.map((line) => [line.path, line.sha256]),
      [
        ['abs/olute.h5', 'a'.repeat(64)],
        ['a/b.h5', undefined],
      ],
      'no path leads out, checksums in one form, no directories',
    );
    assert.equal((await app.as('archiveManager').get('/api/v4/publications/10.5072%2Fnobody')).status, 404);
  });

  it('list each file once under a path of its own, whatever the pids are like', async () => {
    const pid = async (name: string): Promise<string> => {
      const made = await dataset();
      const found = await app.collection('Dataset').findOne({ _id: made });
      await app.collection('Dataset').insertOne({ ...found, _id: name, pid: name });
      const dataFileList = [{ path: 'f', size: 1, time: '2026-01-01T00:00:00.000Z' }];
      await app
        .collection('OrigDatablock')
        .insertOne({ _id: `block of ${name}`, datasetId: name, size: 1, dataFileList });
      return name;
    };
    const [first, second] = [await pid('alike/x'), await pid('alike_x')];
    const doi = await create({ datasetPids: [first, second, first] });
    const files = `/api/v4/publications/${encodeURIComponent(doi)}/files`;
    const { text } = await app.as('archiveManager').get(files);
    const paths = text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as FileLine).path);
    assert.deepEqual(paths, ['alike_x/f', 'alike_x_/f']);
  });

  it('never show what is ours, whatever a client asks for', async () => {
    const doi = await create();
    await app.as('user1').post(`${path(doi)}/register`);
    for (const query of [
      '/api/v4/publisheddata',
      `/api/v4/publisheddata?filter=${encodeURIComponent('{"fields":["catena","doi"]}')}`,
      `/api/v3/publisheddata?filter=${encodeURIComponent('{"fields":{"catena":1}}')}`,
      `/api/v3/publisheddata?filter=${encodeURIComponent('{"fields":{"catena.registration":1,"doi":1}}')}`,
      path(doi),
    ]) {
      const { text } = await app.as('user1').get(query);
      assert.doesNotMatch(text, /"catena"|outbox/, query);
    }
  });
});
