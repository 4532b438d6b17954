import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { derivedDataset, pathOf, rawDataset, v4Dataset } from './support/datasets.js';
import { ScicatApp, type AccountName } from './support/scicat-app.js';

type Fields = Record<string, unknown>;

/** Issue 11: statuses, texts and shapes about datasets that clients compare. */
describe('Answers about datasets', () => {
  let app: ScicatApp;

  before(async () => {
    app = await ScicatApp.start({
      DATASET_CREATION_VALIDATION_ENABLED: 'true',
      DATASET_CREATION_VALIDATION_REGEX: '^20\\.500\\.12345/[\\w-]+$',
    });
  });
  after(() => app.stop());

  const create = async (body: Fields, account: AccountName = 'user1', version = 'v3'): Promise<string> => {
    const answer = await app.as(account).post(`/api/${version}/datasets`, body);
    assert.equal(answer.status, 201, answer.text);
    return String(answer.body['pid']);
  };

  it('isValid asks for the right to create before it looks at the rest, and minds no unknown keys', async () => {
    const texts = { v3: 'Unauthorized to create this dataset', v4: 'Unauthorized access' };
    for (const [version, bodyOf] of [
      ['v3', rawDataset],
      ['v4', v4Dataset],
    ] as const) {
      const path = `/api/${version}/datasets/isValid`;
      const foreign = await app.as('user1').post(path, { ownerGroup: 'group2' });
      assert.deepEqual([foreign.status, foreign.body['message']], [403, texts[version]], path);
      const badPid = await app.as('pidmaker').post(path, bodyOf({ ownerGroup: 'pidmaker', pid: 'nonsense' }));
      assert.deepEqual(
        [badPid.status, badPid.body['message']],
        [400, 'PID is not following required standards'],
      );
      const more = await app.as('user1').post(path, bodyOf({ nonsense: 1 }));
      assert.deepEqual([more.status, more.body], [200, { valid: true }], path);
      const posted = await app.as('user1').post(`/api/${version}/datasets`, bodyOf({ nonsense: 1 }));
      assert.equal(posted.status, 400, 'what is stored has no unknown keys');
      const other = await app.as('user1').post(`/api/${version}/datasets`, bodyOf({ ownerGroup: 'group2' }));
      assert.deepEqual([other.status, other.body['message']], [403, texts[version]]);
    }
  });

  it('refusals of v4 have the words of v4, those of v3 theirs', async () => {
    const pid = await create(rawDataset());
    const whole = rawDataset();
    const { type: _t, ...v4Whole } = v4Dataset();
    delete whole['type'];
    for (const [version, message, body] of [
      ['v3', 'Unauthorized to update this dataset', whole],
      ['v4', 'Unauthorized access', v4Whole],
    ] as const) {
      const path = pathOf(pid, version);
      for (const { status, body: found } of [
        await app.as('user2').patch(path, { comment: 'x' }),
        await app.as('user2').put(path, body),
        await app.as('user2').patch(`${path}/datasetlifecycle`, { archivable: false }),
      ])
        assert.deepEqual([status, found['message']], [403, message], path);
    }
    const missing = pathOf('20.500.12345/none', 'v4');
    const text = 'dataset: null not found';
    const put = await app.as('user1').put(missing, v4Whole);
    assert.deepEqual([put.status, put.body['message']], [404, text]);
    const removed = await app.as('archiveManager').delete(missing);
    assert.deepEqual(
      [removed.status, removed.body],
      [404, { message: text, error: 'Not Found', statusCode: 404 }],
    );
    const logbook = await app.as('user1').get(`${missing}/logbook`);
    assert.deepEqual(
      [logbook.status, logbook.body['message']],
      [404, 'dataset: 20.500.12345/none not found'],
    );
    assert.equal((await app.as('user1').patch(missing, { comment: 7 })).status, 400, 'the body comes first');
  });

  it('a removed dataset is answered with its id under both names', async () => {
    for (const version of ['v3', 'v4']) {
      const pid = await create(rawDataset());
      const { status, body } = await app.as('archiveManager').delete(pathOf(pid, version));
      assert.deepEqual([status, body['_id'], body['id']], [200, pid, pid]);
    }
  });

  it('a lifecycle of v4 is merged, and null brings back what was in the beginning; v3 replaces', async () => {
    const pid = await create(rawDataset());
    const change = async (version: string, patch: Fields): Promise<Fields> => {
      const { status, text, body } = await app
        .as('user1')
        .patch(`${pathOf(pid, version)}/datasetlifecycle`, patch);
      assert.equal(status, 200, text);
      return body;
    };
    await change('v4', { archivable: false, archiveReturnMessage: { a: 1 }, exportedTo: 'x' });
    const merged = await change('v4', { archiveReturnMessage: { b: 2 }, archivable: null, exportedTo: null });
    assert.deepEqual(merged['archiveReturnMessage'], { a: 1, b: 2 });
    assert.equal(merged['archivable'], true);
    assert.ok(!('exportedTo' in merged));
    const replaced = await change('v3', { archiveReturnMessage: { c: 3 } });
    assert.deepEqual(replaced['archiveReturnMessage'], { c: 3 });
    for (const version of ['v3', 'v4'])
      assert.equal(
        (await change(version, { retrieveReturnMessage: version }))['retrieveReturnMessage'],
        version,
      );
  });

  it('each form takes its own fields', async () => {
    const [raw, derived, own] = [
      await create(rawDataset()),
      await create(derivedDataset()),
      await create(v4Dataset({ type: 'simulation' })),
    ];
    const refused: [string, Fields][] = [
      [raw, { proposalIds: ['p'] }],
      [raw, { principalInvestigators: ['p'] }],
      [derived, { sampleId: 's' }],
      [derived, { startTime: '2020-01-01T00:00:00Z' }],
      [derived, { principalInvestigator: 'x' }],
      [own, { proposalId: 'p' }],
    ];
    for (const [pid, patch] of refused) {
      const { status, body } = await app.as('user1').patch(pathOf(pid), patch);
      assert.equal(status, 400, JSON.stringify(patch));
      const [fault] = JSON.parse(String(body['message'])) as Fields[];
      assert.deepEqual(
        [fault?.['property'], Object.keys(fault ?? {}), Object.keys(fault?.['constraints'] as Fields)],
        [Object.keys(patch)[0], ['property', 'children', 'constraints'], ['whitelistValidation']],
      );
    }
    const taken: [string, Fields, string][] = [
      [raw, { proposalId: 'p' }, 'proposalIds'],
      [derived, { investigator: 'p' }, 'principalInvestigators'],
      [own, { proposalIds: ['p'] }, 'proposalIds'],
    ];
    for (const [pid, patch, name] of taken) {
      const { status, text, body } = await app.as('user1').patch(pathOf(pid), patch);
      assert.equal(status, 200, text);
      assert.deepEqual(body[name], ['p']);
    }
    const late = derivedDataset({ startTime: '2020-01-01T00:00:00Z' });
    assert.equal((await app.as('user1').post('/api/v3/datasets', late)).status, 400);
    const both = await app
      .as('user1')
      .post('/api/v3/datasets', rawDataset({ principalInvestigator: 'Ada', investigator: 'Bob' }));
    assert.deepEqual(both.body['principalInvestigators'], ['Ada'], 'raw data have no investigator');
  });

  it('addresses are checked as SciCat checks them', async () => {
    for (const [contactEmail, shown] of [
      ['a@b', 'a@b'],
      ['x@example.org;', 'x@example.org;'],
      [undefined, 'undefined'],
    ] as const) {
      const { status, body } = await app.as('user1').post('/api/v4/datasets', v4Dataset({ contactEmail }));
      const text = `Expected an email or a list of semicolon separated emails, got ${shown}`;
      assert.equal(status, 400);
      assert.ok((body['message'] as string[]).includes(text), JSON.stringify(body));
    }
    await create(
      v4Dataset({ contactEmail: 'x@example.org; y@example.org', sharedWith: ['somebody'] }),
      'user1',
      'v4',
    );
    const host = await app.as('user1').post('/api/v4/datasets', v4Dataset({ sourceFolderHost: 'no host' }));
    assert.deepEqual([host.status, host.body['message']], [400, ['sourceFolderHost must be a URL address']]);
  });

  it('fields of one v3 dataset are those of the list, dotted ones too', async () => {
    const pid = await create(rawDataset({ proposalId: 'p1' }));
    const get = async (fields: unknown): Promise<Fields> =>
      (await app.as('user1').get(pathOf(pid), { filter: { fields } })).body;
    assert.deepEqual(await get(['datasetlifecycle.archivable']), {
      _id: pid,
      datasetlifecycle: { archivable: true },
    });
    assert.deepEqual(await get(['proposalIds']), { _id: pid, proposalIds: ['p1'], proposalId: 'p1' });
    assert.deepEqual(
      await get({ pid: true }),
      { _id: pid, pid, history: [] },
      'an object leaves the history',
    );
    assert.deepEqual(await get(['pid', 'history']), { _id: pid, pid, history: [] });
  });

  it('objects are appended to lists as objects, each once', async () => {
    const pid = await create(rawDataset());
    const technique = { pid: 't', name: 'n' };
    const append = (fieldName: string, data: unknown) => {
      const query = new URLSearchParams({ fieldName, data: JSON.stringify(data) });
      return app.as('user1').post(`${pathOf(pid)}/appendToArrayField?${query.toString()}`);
    };
    await append('techniques', [technique]);
    const { status, text, body } = await append('techniques', [technique]);
    assert.equal(status, 201, text);
    assert.deepEqual(body['techniques'], [technique]);
    assert.deepEqual((await append('keywords', ['a', 'a'])).body['keywords'], ['a']);
    assert.deepEqual((await append('keywords', [7])).body['keywords'], ['a', '7']);
    for (const [field, value] of [
      ['keywords', { a: 1 }],
      ['keywords', null],
      ['techniques', 'text'],
    ] as const) {
      const odd = await append(field, [value]);
      assert.equal(odd.status, 400, `${field} ${JSON.stringify(value)}: ${odd.text}`);
    }
  });

  it('metadata keys come from the page of datasets that is asked for', async () => {
    const keywords = [`keys-${Math.random()}`];
    for (const name of ['first', 'second', 'third'])
      await create(rawDataset({ keywords, scientificMetadata: { [name]: 1 } }));
    for (const version of ['v3', 'v4']) {
      const keys = async (limits: Fields): Promise<unknown> =>
        (await app.as('user1').get(`/api/${version}/datasets/metadataKeys`, { fields: { keywords }, limits }))
          .body;
      assert.deepEqual(await keys({}), ['third', 'second', 'first']);
      assert.deepEqual(await keys({ limit: 1, skip: 1, order: 'createdAt:asc' }), ['second'], version);
    }
  });

  it('what has another type is not said to be too long as well', async () => {
    const { body } = await app.as('user1').post('/api/v4/datasets', v4Dataset({ size: 'x', pid: 5 }));
    const texts = (body['message'] as string[]).filter((text) => /^(size|pid) /.test(text));
    assert.deepEqual(texts.sort(), ['pid must be a string', 'size must be an integer number']);
    const below = await app.as('user1').post('/api/v4/datasets', v4Dataset({ size: -1 }));
    assert.deepEqual(below.body['message'], ['size must not be less than 0']);
  });

  it('a value that has the unit already is not rounded, one inside an object is converted', async () => {
    const keywords = [`unit-${Math.random()}`];
    const scientificMetadata = {
      length: { value: 12345, unit: 'mm' },
      beam: { width: { value: 2, unit: 'cm' }, range: { value: [1, 2], unit: 'cm' } },
    };
    await create(rawDataset({ keywords, scientificMetadata }));
    const scientific = [
      { lhs: 'length', relation: 'GREATER_THAN', rhs: 1, unit: 'mm' },
      { lhs: 'beam.width', relation: 'GREATER_THAN', rhs: 1, unit: 'mm' },
      { lhs: 'beam.range', relation: 'GREATER_THAN', rhs: 1, unit: 'mm' },
    ];
    const { body } = await app
      .as('user1')
      .get<Fields[]>('/api/v3/datasets/fullquery', { fields: { keywords, scientific } });
    const { length, beam } = body[0]!['scientificMetadata'] as Record<string, Record<string, unknown>>;
    assert.deepEqual([length!['value'], length!['unit']], [12345, 'mm']);
    assert.deepEqual((beam!['width'] as Fields)['value'], 20);
    assert.deepEqual((beam!['range'] as Fields)['value'], [10, 20]);
  });
});
