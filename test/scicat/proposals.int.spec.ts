import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProposalCounters } from '../../apps/catalog-api/src/datasets/proposal-counters.js';
import { badFilters, createDataset, createProposal, forbidden, proposal } from './support/records.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;
const path = '/api/v3/proposals';

describe('Proposals v3 (contract §1.10)', () => {
  let app: ScicatApp;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'catena-proposals-'));
    const file = join(folder, 'proposalTypes.json');
    await writeFile(file, JSON.stringify({ Beam: 'Beamtime' }));
    app = await ScicatApp.start({ PROPOSAL_TYPES_FILE: file, TRACKABLES: 'Proposal' });
    await createProposal(app.as('proposalIngestor'), 'own-1', { title: 'whiskers of mice' });
    await createProposal(app.as('admin'), 'shared-1', { ownerGroup: 'group2', accessGroups: ['group1'] });
    await createProposal(app.as('admin'), 'foreign-1', { ownerGroup: 'group2', title: 'tails of cats' });
    await createProposal(app.as('admin'), 'public-1', { ownerGroup: 'group2' });
    await app.collection('Proposal').updateOne({ _id: 'public-1' }, { $set: { isPublished: true } });
  });
  after(async () => {
    await app.stop();
    await rm(folder, { recursive: true });
  });

  const ids = (rows: Fields[]): unknown[] => rows.map((row) => row['proposalId']).sort();
  const mine = ['foreign-1', 'own-1', 'public-1', 'shared-1'];
  /** Of the four proposals of the set-up only: other tests make others. */
  const known = { proposalId: mine };

  it('creates a proposal with its defaults, dates as dates and ids for measurement periods', async () => {
    const body = await createProposal(app.as('proposalIngestor'), 'full/1', {
      startTime: '2024-01-01T00:00:00Z',
      MeasurementPeriodList: [
        { instrument: 'i', start: '2024-01-01T00:00:00Z', end: '2024-02-01T00:00:00Z', comment: 'c' },
      ],
      metadata: { 'a.b': { value: 1, unit: 'mm' }, $odd: 2 },
    });
    assert.deepEqual(
      {
        type: body['type'],
        instrumentIds: body['instrumentIds'],
        numberOfDatasets: body['numberOfDatasets'],
        parentProposalId: body['parentProposalId'],
        isPublished: body['isPublished'],
        accessGroups: body['accessGroups'],
        metadata: body['metadata'],
        startTime: body['startTime'],
        ids: [body['_id'], body['id']],
        createdBy: body['createdBy'],
      },
      {
        type: 'Default Proposal',
        instrumentIds: [],
        numberOfDatasets: 0,
        parentProposalId: null,
        isPublished: false,
        accessGroups: [],
        metadata: { 'a.b': { value: 1, unit: 'mm' }, $odd: 2 },
        startTime: '2024-01-01T00:00:00.000Z',
        ids: ['full/1', 'full/1'],
        createdBy: 'proposalIngestor',
      },
    );
    const [period] = body['MeasurementPeriodList'] as Fields[];
    assert.match(String(period?.['_id']), /^[0-9a-f]{24}$/);
    const read = await app.as('user1').get(`${path}/full%2F1`);
    assert.deepEqual(read.body['metadata'], body['metadata']);
  });

  it('is created by admins and PROPOSAL_GROUPS only, whatever the body', async () => {
    for (const account of ['user1', 'archiveManager', 'ingestor', 'policyKeeper'] as AccountName[]) {
      const answer = await app.as(account).post(path, { nonsense: true });
      assert.deepEqual([answer.status, answer.body], [403, forbidden], account);
    }
    assert.equal((await app.anonymous.post(path, {})).status, 403);
  });

  it('refuses a taken id with 409, an unknown type and isPublished with 400', async () => {
    const ingestor = app.as('proposalIngestor');
    const twice = await ingestor.post(path, proposal('own-1'));
    assert.deepEqual([twice.status, twice.body['message']], [409, 'Proposal with own-1 already exists']);
    assert.equal((await ingestor.post(path, proposal('typed', { type: 'Nonsense' }))).status, 400);
    assert.equal((await ingestor.post(path, proposal('typed', { type: 'Beamtime' }))).status, 201);
    assert.equal((await ingestor.post(path, proposal('open', { isPublished: true }))).status, 400);
    const invalid = await ingestor.post(path, { proposalId: 'x' });
    assert.deepEqual([invalid.status, Array.isArray(invalid.body['message'])], [400, true]);
    assert.equal((await ingestor.patch(`${path}/own-1`, { type: 'Nonsense' })).status, 400);
    assert.equal((await ingestor.patch(`${path}/own-1`, { startTime: '2024-02-30' })).status, 400);
  });

  it('isValid takes an empty body for valid, as missing fields are skipped', async () => {
    const ingestor = app.as('proposalIngestor');
    for (const [body, valid] of [
      [{}, true],
      [proposal('p'), true],
      [{ title: 5 }, false],
      [{ unknown: 1 }, false],
    ] as const) {
      const answer = await ingestor.post(`${path}/isValid`, body);
      assert.deepEqual([answer.status, answer.body], [200, { valid }]);
    }
    assert.equal((await app.as('user1').post(`${path}/isValid`, {})).status, 403);
  });

  it('one record is read by its group, access groups, anybody when public, admins and PROPOSAL_GROUPS', async () => {
    const status = async (account: AccountName | undefined, id: string) =>
      (await (account === undefined ? app.anonymous : app.as(account)).get(`${path}/${id}`)).status;
    for (const [account, expected] of [
      ['user1', [200, 200, 403, 200]],
      ['user2', [403, 200, 200, 200]],
      ['admin', [200, 200, 200, 200]],
      ['proposalIngestor', [200, 200, 200, 200]],
      [undefined, [403, 403, 403, 200]],
    ] as const) {
      const statuses = [];
      for (const id of ['own-1', 'shared-1', 'foreign-1', 'public-1'])
        statuses.push(await status(account, id));
      assert.deepEqual(statuses, expected, account ?? 'anonymous');
    }
    assert.deepEqual((await app.as('user1').get(`${path}/foreign-1`)).body, {
      message: 'Unauthorized to this proposal',
      error: 'Forbidden',
      statusCode: 403,
    });
    assert.deepEqual((await app.as('user1').get(`${path}/none`)).body, {
      message: 'Proposal: none not found',
      error: 'Not Found',
      statusCode: 404,
    });
  });

  it('authorization says whether, and false for an unknown id', async () => {
    for (const [id, canAccess] of [
      ['own-1', true],
      ['foreign-1', false],
      ['none', false],
    ] as const) {
      const answer = await app.as('user1').get(`${path}/${id}/authorization`);
      assert.deepEqual([answer.status, answer.body], [200, { canAccess }]);
    }
    assert.deepEqual((await app.anonymous.get(`${path}/public-1/authorization`)).body, { canAccess: true });
  });

  it('lists show own and shared ones, published ones of others only when asked for', async () => {
    const list = async (account: AccountName, fields: Fields = known) =>
      ids((await app.as(account).get<Fields[]>(`${path}/fullquery`, { fields })).body);
    assert.deepEqual(await list('user1'), ['own-1', 'shared-1']);
    assert.deepEqual(await list('user1', { ...known, isPublished: true }), ['public-1']);
    assert.deepEqual(await list('proposalIngestor'), mine);
    const anonymous = await app.anonymous.get<Fields[]>(`${path}/fullquery`);
    assert.deepEqual(ids(anonymous.body), ['public-1']);
  });

  it('takes the list filter under the name filters, with LoopBack and native operators', async () => {
    const list = async (filters: Fields) =>
      ids((await app.as('admin').get<Fields[]>(path, { filters })).body);
    assert.deepEqual(await list({ where: { proposalId: { inq: ['own-1', 'foreign-1'] } } }), [
      'foreign-1',
      'own-1',
    ]);
    assert.deepEqual(await list({ where: { title: { $regex: '^whiskers' }, ownerGroup: 'group1' } }), [
      'own-1',
    ]);
    const page = await app.as('admin').get<Fields[]>(path, {
      filters: {
        where: { proposalId: { inq: mine } },
        limits: { limit: 1, skip: 1, order: 'proposalId:asc' },
      },
    });
    assert.deepEqual(ids(page.body), ['own-1']);
    const picked = await app
      .as('admin')
      .get<Fields[]>(path, { filters: { fields: ['title'], limits: { limit: 1 } } });
    assert.deepEqual(Object.keys(picked.body[0] ?? {}).sort(), ['_id', 'id', 'title']);
  });

  it('finds an id made of digits, and text that looks like a date, as text', async () => {
    const ingestor = app.as('proposalIngestor');
    await createProposal(ingestor, '20170266', { title: '2020', startTime: '2017-05-01T00:00:00Z' });
    const list = async (where: Fields) =>
      ids((await app.as('user1').get<Fields[]>(path, { filters: { where } })).body);
    assert.deepEqual(await list({ proposalId: '20170266' }), ['20170266']);
    assert.deepEqual(await list({ title: '2020' }), ['20170266']);
    assert.deepEqual(await list({ startTime: { lt: '2017-06-01' } }), ['20170266'], 'dates compare as dates');
  });

  it('counts by fields and filter together, as the frontend and the SDK send them', async () => {
    const count = async (query: Fields) => (await app.as('user1').get(`${path}/count`, query)).body;
    assert.deepEqual(await count({ fields: known, filter: {} }), { count: 2 });
    assert.deepEqual(await count({ fields: known, filters: { where: { ownerGroup: 'group1' } } }), {
      count: 1,
    });
    assert.deepEqual(
      await count({ fields: { $or: [{ proposalId: 'own-1' }, { proposalId: 'foreign-1' }] } }),
      {
        count: 1,
      },
    );
  });

  it('searches whole words of all fields', async () => {
    const search = async (account: AccountName, text: string) =>
      ids((await app.as(account).get<Fields[]>(`${path}/fullquery`, { fields: { text } })).body);
    assert.deepEqual(await search('user1', 'whiskers'), ['own-1']);
    assert.deepEqual(await search('user1', 'cats'), [], 'not of others');
    assert.deepEqual(await search('admin', 'cats'), ['foreign-1']);
  });

  it('fullfacet counts values, dates by day, and has an empty all where nothing matches', async () => {
    const facets = async (fields: Fields, names: string[]) =>
      (await app.as('admin').get<[Record<string, unknown>]>(`${path}/fullfacet`, { fields, facets: names }))
        .body;
    await createProposal(app.as('admin'), 'facet-1', {
      instrumentIds: ['i1', 'i2'],
      pi_lastname: 'Curie',
      startTime: '2023-07-09T00:00:00Z',
    });
    assert.deepEqual(
      await facets({ pi_lastname: 'Curie' }, ['instrumentIds', 'pi_lastname', 'startTime', 'unknown']),
      [
        {
          all: [{ totalSets: 1 }],
          instrumentIds: [
            { _id: 'i2', count: 1 },
            { _id: 'i1', count: 1 },
          ],
          pi_lastname: [{ _id: 'Curie', count: 1 }],
          startTime: [{ _id: { year: 2023, month: 7, day: 9 }, count: 1 }],
        },
      ],
    );
    assert.deepEqual(await facets({ pi_lastname: 'Nobody' }, []), [{ all: [] }]);
  });

  it('tolerates skip: null and unknown parameters', async () => {
    const { status, body } = await app.as('user1').get<Fields[]>(`${path}/fullquery`, {
      fields: known,
      limits: { skip: null, limit: 1, order: 'proposalId:desc' },
      nonsense: 'x',
    });
    assert.deepEqual([status, ids(body)], [200, ['shared-1']]);
  });

  it('F4: mode narrows and never widens what a caller sees', async () => {
    const fields = { isPublished: true, mode: { isPublished: false } };
    assert.deepEqual((await app.anonymous.get(`${path}/fullquery`, { fields })).body, []);
    const others = { mode: { $or: [{ ownerGroup: 'group2' }, { isPublished: false }] } };
    const { body } = await app.as('user1').get<Fields[]>(`${path}/fullquery`, { fields: others });
    assert.equal(
      body.some(({ proposalId }) => proposalId === 'foreign-1'),
      false,
    );
    const facet = await app.as('user1').get<[{ all: { totalSets: number }[] }]>(`${path}/fullfacet`, {
      fields: { proposalId: 'foreign-1', userGroups: ['globalaccess'] },
    });
    assert.deepEqual(facet.body[0].all, []);
    const byId = await app.as('user1').get<Fields[]>(`${path}/fullquery`, {
      fields: { mode: { proposalId: 'own-1' } },
    });
    assert.deepEqual(ids(byId.body), ['own-1'], 'the id in mode is the stored id');
  });

  it('is changed by admins and PROPOSAL_GROUPS, gate before body before record', async () => {
    assert.equal((await app.as('user1').patch(`${path}/own-1`, { nonsense: 1 })).status, 403);
    assert.equal((await app.as('admin').patch(`${path}/none`, { nonsense: 1 })).status, 400);
    assert.equal((await app.as('admin').patch(`${path}/none`, {})).status, 404);
    const before = (await app.as('admin').get(`${path}/own-1`)).body;
    const { status, body } = await app
      .as('proposalIngestor')
      .patch(`${path}/own-1`, { abstract: 'new', metadata: { k: 1 } });
    assert.equal(status, 200);
    assert.deepEqual(
      [body['abstract'], body['title'], body['metadata'], body['updatedBy'], body['createdBy']],
      ['new', before['title'], { k: 1 }, 'proposalIngestor', 'proposalIngestor'],
    );
    const late = { 'if-unmodified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' };
    assert.equal((await app.as('admin').patch(`${path}/own-1`, { abstract: 'x' }, late)).status, 412);
    const history = await app
      .collection('History')
      .find({ documentId: 'own-1', operation: 'update' })
      .toArray();
    assert.equal(history.length, 1, 'the refused change left no history');
  });

  it('is deleted by DELETE_GROUPS alone, with its attachments and metadata keys', async () => {
    await createProposal(app.as('admin'), 'gone', { metadata: { k: 1 } });
    const attachment = { ownerGroup: 'group1', caption: 'c' };
    assert.equal((await app.as('admin').post(`${path}/gone/attachments`, attachment)).status, 201);
    for (const account of ['admin', 'proposalIngestor', 'user1'] as const)
      assert.equal((await app.as(account).delete(`${path}/gone`)).status, 403, account);
    assert.equal((await app.as('archiveManager').delete(`${path}/gone`)).status, 200);
    assert.equal((await app.as('archiveManager').delete(`${path}/gone`)).status, 404);
    assert.equal(await app.collection('Attachment').countDocuments({ 'relationships.targetId': 'gone' }), 0);
    assert.equal(await app.collection('MetadataKeys').countDocuments({ sourceId: 'gone' }), 0);
  });

  it('F1: its datasets are those that name it and that the caller may see, also for admins', async () => {
    const ingestor = app.as('ingestor');
    const own = await createDataset(ingestor, { proposalId: 'own-1' });
    const foreign = await createDataset(ingestor, { proposalId: 'own-1', ownerGroup: 'group2' });
    await createDataset(ingestor, { proposalId: 'foreign-1' });
    const pids = async (account: AccountName) =>
      (await app.as(account).get<Fields[]>(`${path}/own-1/datasets`)).body.map(({ pid }) => pid).sort();
    assert.deepEqual(await pids('user1'), [own]);
    assert.deepEqual(await pids('user2'), [foreign]);
    assert.deepEqual(await pids('admin'), [own, foreign].sort());
    assert.equal((await app.anonymous.get(`${path}/own-1/datasets`)).status, 403);
    const [dataset] = (await app.as('user1').get<Fields[]>(`${path}/own-1/datasets`)).body;
    assert.equal(dataset?.['proposalId'], 'own-1', 'v3 names');
  });

  it('F16: the number of datasets loses no change that comes at the same time', async () => {
    const counters = app.get(ProposalCounters);
    await createProposal(app.as('admin'), 'counted');
    await Promise.all([
      ...Array.from({ length: 20 }, () => counters.added(['counted', null, 'no-such'])),
      ...Array.from({ length: 5 }, () => counters.removed(['counted'])),
      app.as('admin').patch(`${path}/counted`, { abstract: 'meanwhile' }),
    ]);
    const { body } = await app.as('admin').get(`${path}/counted`);
    assert.deepEqual([body['numberOfDatasets'], body['abstract']], [15, 'meanwhile']);
  });

  it('never answers 500 to bad input', async () => {
    const admin = app.as('admin');
    for (const text of badFilters) {
      for (const [url, name] of [
        [path, 'filters'],
        [`${path}/count`, 'filter'],
        [`${path}/count`, 'fields'],
        [`${path}/fullquery`, 'fields'],
        [`${path}/fullquery`, 'limits'],
        [`${path}/fullfacet`, 'fields'],
        [`${path}/fullfacet`, 'facets'],
      ] as const) {
        const { status, body } = await admin.get(url, { [name]: text });
        assert.ok(status < 500, `${url}?${name}=${text.slice(0, 80)}: ${status} ${JSON.stringify(body)}`);
      }
    }
    assert.ok((await admin.get(`${path}?filters=a&filters=b`)).status < 500);
    for (const body of [
      '{',
      '[]',
      '"x"',
      'null',
      '{"__proto__":{}}',
      '{"metadata":{"a":null,"$b":{".":1}}}',
    ]) {
      for (const answer of [
        await admin.post(path, body),
        await admin.patch(`${path}/own-1`, body),
        await admin.post(`${path}/isValid`, body),
      ])
        assert.ok(answer.status < 500, `${body}: ${answer.status} ${answer.text}`);
    }
  });
});
